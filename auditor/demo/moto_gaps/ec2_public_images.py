"""EC2: Amazon's public images, of which moto loads thousands or, as here, none."""

from __future__ import annotations

import zlib
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from auditor.demo.moto_gaps.engine import needs

if TYPE_CHECKING:
    from auditor.demo.moto_gaps.engine import Call

needs("moto.ec2.models.amis:Ami")

_AMAZON = "137112412989"
"""The account that Amazon Linux images belong to, in every commercial region."""
_CURRENT_DAYS = 20
_PUBLIC_FOR = timedelta(days=730)
_SUPERSEDED = {("eu-west-1", "ami-0d71ea30463e0ff8d"): "2021-04-27T18:34:00+00:00"}
"""Region and id -> when it was made, of images that Amazon has replaced since."""


def know_public_images(call: Call) -> None:
    """Put Amazon Linux 2 among the region's images, where it is not yet.

    On AWS every account sees it, with the owner's alias `amazon` and another id in each region; a public image is
    deprecated two years after it was made (API_EnableImageDeprecation).
    """
    known = call.backend("ec2").amis
    region = call.region
    current = f"ami-0{zlib.crc32(region.encode()):08x}{zlib.adler32(region.encode()):08x}"
    made = {(region, current): (call.date - timedelta(days=_CURRENT_DAYS)).isoformat(), **_SUPERSEDED}
    for (place, image), date in made.items():
        if place == region and image not in known:
            _add(call, image, datetime.fromisoformat(date))


def _add(call: Call, image: str, created: datetime) -> None:
    from moto.ec2.models.amis import Ami

    backend = call.backend("ec2")
    name = f"amzn2-ami-hvm-2.0.{created:%Y%m%d}.0-x86_64-gp2"
    added = Ami(
        backend,
        image,
        name=name,
        description=f"Amazon Linux 2 AMI 2.0.{created:%Y%m%d}.0 x86_64 HVM gp2",
        owner_id=_AMAZON,
        owner_alias="amazon",
        public=True,
        virtualization_type="hvm",
        architecture="x86_64",
        creation_date=created,
        image_location=f"amazon/{name}",
        hypervisor="xen",
        root_device_type="ebs",
        root_device_name="/dev/xvda",
        region_name=f"{call.region}a",
    )
    vars(added)["deprecation_time"] = (created + _PUBLIC_FOR).strftime("%Y-%m-%dT%H:%M:00.000Z")
    backend.amis[image] = added
