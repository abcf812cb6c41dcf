"""Where the data files that ship with the tool are: `checks/`, `mappings/` and `report_templates/`.

They stand at the top of a checkout, so that people who write no Python find them; a wheel carries them inside the
package (`pyproject.toml`, `force-include`).
"""

from __future__ import annotations

from pathlib import Path

from auditor.errors import AuditorError

_PACKAGE = Path(__file__).resolve().parent
_NAMES = ("checks", "mappings", "report_templates")


def data_dir(name: str) -> Path:
    """The folder `checks`, `mappings` or `report_templates`: the installed package's own, or else the checkout's."""
    if name not in _NAMES:
        raise ValueError(f"no such data folder: {name}")
    for folder in (_PACKAGE / "_data" / name, _PACKAGE.parent / name):
        if folder.is_dir():
            return folder
    raise AuditorError(f"The folder {name} is missing from this installation.", "Install auditor again.")
