-- The primary and recovery regions of the standard: a row an account and region, with the ARN of what is found of the region
-- as a whole.
SELECT account, region, role,
       'arn:' || CASE WHEN starts_with(region, 'cn-') THEN 'aws-cn' WHEN starts_with(region, 'us-gov-') THEN 'aws-us-gov'
                      WHEN starts_with(region, 'eusc-') THEN 'aws-eusc' ELSE 'aws' END
           || ':ec2:' || region || ':' || account || ':*' AS arn
FROM   audit_regions
WHERE  role IN ('primary', 'recovery')
