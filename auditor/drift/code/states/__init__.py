"""Reading what code declares: Terraform states, Pulumi exports, CloudFormation stacks. Pure: bytes or rows in."""
