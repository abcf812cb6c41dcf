"""Golden files: what a format gave when somebody read it. `AUDITOR_UPDATE_GOLDEN=1 pytest` writes them anew."""

from __future__ import annotations

import os
from pathlib import Path

GOLDEN = Path(__file__).parent / "golden"


def golden(name: str, text: str) -> None:
    """Compares with the golden file, byte for byte."""
    path = GOLDEN / name
    if os.environ.get("AUDITOR_UPDATE_GOLDEN"):
        path.write_bytes(text.encode())
    assert path.exists(), f"{path.name} is missing: run with AUDITOR_UPDATE_GOLDEN=1, and read it"
    assert text == path.read_bytes().decode()
