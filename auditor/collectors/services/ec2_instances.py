"""Amazon EC2: instances and launch templates. https://docs.aws.amazon.com/AWSEC2/latest/APIReference/

User data is examined for credentials and never stored.
"""

from __future__ import annotations

from auditor.model import Detail, Examine, Table

_TAGS = "Tags"
_DATA = "LaunchTemplateData"
_STANDS = "State.Name != 'terminated'"

_USER_DATA = Detail(
    operation="DescribeInstanceAttribute",
    params={"InstanceId": "$InstanceId", "Attribute": "userData"},
    columns={},
    examine={"UserDataCredentials": Examine("UserData.Value", "user_data")},
    when=_STANDS,
)

_IMAGE = Detail(
    operation="DescribeImages",
    params={
        "Filters": [{"Name": "image-id", "Values": ["$ImageId"]}],
        "IncludeDeprecated": True,
        "IncludeDisabled": True,
    },
    columns={
        "FoundImageId": "ImageId",
        "ImageName": "Name",
        "ImageState": "State",
        "ImageOwnerId": "OwnerId",
        "ImageOwnerAlias": "ImageOwnerAlias",
        "ImageCreationDate": "CreationDate",
        "ImageDeprecationTime": "DeprecationTime",
    },
    batch=200,
    batch_items="Images",
    batch_key="ImageId",
    partial=True,
    when=_STANDS,
)
"""The image that an instance runs from. FoundImageId is empty where the account has no such image (any more)."""

TABLES = (
    Table(
        name="ec2_instances",
        description="Instances, with the image that each runs from and what its user data gives away.",
        service="ec2",
        operation="DescribeInstances",
        items="Reservations[].Instances[]",
        type="AWS::EC2::Instance",
        arn="arn:{partition}:ec2:{region}:{account}:instance/{InstanceId}",
        key=("InstanceId",),
        tags=_TAGS,
        page_size=1000,
        details=(_USER_DATA, _IMAGE),
        vanished=("InvalidInstanceID.NotFound",),
    ),
    Table(
        name="ec2_launch_templates",
        description="Launch templates, with the numbers of their default and latest version.",
        service="ec2",
        operation="DescribeLaunchTemplates",
        items="LaunchTemplates",
        type="AWS::EC2::LaunchTemplate",
        arn="arn:{partition}:ec2:{region}:{account}:launch-template/{LaunchTemplateId}",
        key=("LaunchTemplateId",),
        name_from="LaunchTemplateName",
        tags=_TAGS,
    ),
    Table(
        name="ec2_launch_template_versions",
        description="The default and the latest version of each launch template; user data is examined, not stored.",
        service="ec2",
        operation="DescribeLaunchTemplateVersions",
        items="LaunchTemplateVersions",
        params={"Versions": ["$Latest", "$Default"]},
        type="AWS::EC2::LaunchTemplateVersion",
        arn="arn:{partition}:ec2:{region}:{account}:launch-template/{LaunchTemplateId}/version/{VersionNumber}",
        key=("LaunchTemplateId", "VersionNumber"),
        page_size=200,
        name_from="LaunchTemplateName",
        taggable=False,
        omit=(_DATA,),
        columns={
            "ImageId": f"{_DATA}.ImageId",
            "InstanceType": f"{_DATA}.InstanceType",
            "KeyName": f"{_DATA}.KeyName",
            "InstanceProfile": f"{_DATA}.IamInstanceProfile.Arn || {_DATA}.IamInstanceProfile.Name",
            "HttpTokens": f"{_DATA}.MetadataOptions.HttpTokens",
            "HttpEndpoint": f"{_DATA}.MetadataOptions.HttpEndpoint",
        },
        examine={"UserDataCredentials": Examine(f"{_DATA}.UserData", "user_data")},
    ),
)
