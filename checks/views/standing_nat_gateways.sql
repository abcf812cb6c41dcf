-- NAT gateways without those that AWS goes on listing for an hour after they were deleted.
SELECT arn, account, region, name, type, tags FROM ec2_nat_gateways WHERE coalesce(State, '') <> 'deleted'
