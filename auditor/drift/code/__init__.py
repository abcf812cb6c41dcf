"""What code declares (Terraform, Pulumi, CloudFormation) against what a snapshot shows."""
