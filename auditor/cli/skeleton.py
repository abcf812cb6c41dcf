"""The skeleton that `auditor checks new` writes: a check that loads, and cases that hold."""

CHECK_TEXT = '''title        = "VPCs are available"
description  = """
Why it matters, and how it is judged.
"""
requirements = ["NET-01"]
severity     = "medium"
resource     = "AWS::EC2::VPC"
scope        = "region"
facts        = """
SELECT v.arn, v.account, v.region, v.name, v.State AS state
FROM   ec2_vpcs v
"""
pass_when    = "state = 'available'"
pass         = "is {state}"
fail         = "is {state}, available is expected"
expected     = "a VPC in state available"
remediation  = """
What to change, in words; as an AWS CLI line; in Terraform; in Pulumi.
"""
references   = ["https://docs.aws.amazon.com/vpc/latest/userguide/"]
'''

CASES_TEXT = """[[cases]]
name = "available passes, pending fails, and a state that AWS does not tell is unknown"
[cases.tables]
ec2_vpcs = [
    { VpcId = "vpc-00000001", State = "available" },
    { VpcId = "vpc-00000002", State = "pending" },
    { VpcId = "vpc-00000003" },
]
[[cases.expect]]
resource = "vpc-00000001"
status = "pass"
[[cases.expect]]
resource = "vpc-00000002"
status = "fail"
message = "is pending, available is expected"
[[cases.expect]]
resource = "vpc-00000003"
status = "unknown"
"""
