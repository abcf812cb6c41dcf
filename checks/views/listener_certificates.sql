-- Certificates on listeners, the default one and those for further names (SNI): a row a listener and certificate.
-- arn: the listener's; listener: NAME:PORT of its load balancer; certificate: the ARN, in ACM or IAM.
-- The default certificate is told by the listener itself too, and twice where it was also added to the list.
WITH told AS (
    SELECT l.arn, l.account, l.region, l.LoadBalancerArn, l.Port, c.item.CertificateArn AS certificate,
           true AS is_default
    FROM   elbv2_listeners l, unnest(l.Certificates) AS c(item)
    UNION ALL
    SELECT l.arn, l.account, l.region, l.LoadBalancerArn, l.Port, c.item.CertificateArn,
           coalesce(c.item.IsDefault, false)
    FROM   elbv2_listeners l, unnest(l.ListenerCertificates) AS c(item)
)
SELECT arn, account, region, LoadBalancerArn, certificate, bool_or(is_default) AS is_default,
       split_part(LoadBalancerArn, '/', 3) || coalesce(':' || any_value(Port), '') AS listener
FROM   told
WHERE  certificate IS NOT NULL
GROUP  BY arn, account, region, LoadBalancerArn, certificate
