"""Where findings of an audit may be missing, because rows of their check could not be listed (interface.md, "Gaps").

What is absent there was not seen to be gone: drift calls it unknown, and nobody archives it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from auditor.model import GLOBAL, Status

_PLACES = frozenset({"AWS::Region", "AWS::Account"})


class Unlisted:
    """The places that an audit's findings themselves name: unknown, and about a whole region or account."""

    def __init__(self, findings: Iterable[Mapping[str, Any]]) -> None:
        self._regions: dict[tuple[str, str], set[str]] = defaultdict(set)
        """(check, account) -> regions."""
        for finding in findings:
            resource = finding["resource"]
            if finding["status"] == Status.UNKNOWN and resource["type"] in _PLACES and resource["arn"].endswith(":*"):
                self._regions[finding["check"], resource["account"]].add(resource["region"])

    def hides(self, check: str, account: str, region: str) -> bool:
        """Whether rows of a check may be missing in a place; what is global may hang on any region."""
        regions = self._regions.get((check, account), set())
        return bool(regions) and (region == GLOBAL or bool(regions & {region, GLOBAL}))
