"""The forms in which a declared and a live value are compared: what is only written differently is the same.

A form is a function of JSON for each side, often the same for both. A mapping names it (`form = "policy"`); without
one, values are compared as `plain`. What is nothing (null, "", [], {}, false, 0) is the same as what is not there: AWS
leaves out what is off, and providers write it down.
"""

from __future__ import annotations

from collections.abc import Mapping

from auditor.drift.code.forms import basic, compute, data, network
from auditor.drift.code.forms.basic import Form

FORMS: Mapping[str, Form] = {**basic.FORMS, **network.FORMS, **data.FORMS, **compute.FORMS}
"""By the name that mappings call them."""
