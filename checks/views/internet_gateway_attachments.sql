-- Internet gateways with the VPCs they are attached to. OwnerId: the account that the gateway, and so the VPC, belongs to.
-- is_attached is NULL where AWS does not tell the attachment's state.
WITH attachments AS (
    SELECT arn, account, region, name, InternetGatewayId, coalesce(OwnerId, account) AS OwnerId,
           unnest(Attachments) AS attachment
    FROM   ec2_internet_gateways
)
SELECT arn, account, region, name, InternetGatewayId, OwnerId,
       attachment.VpcId AS VpcId,
       attachment.State AS State,
       attachment.State IN ('available', 'attached') AS is_attached
FROM   attachments
