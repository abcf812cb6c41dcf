"""A ZIP archive that nobody vouches for, opened without believing what it says of itself."""

from __future__ import annotations

import io
import os
import struct
import zipfile
from typing import Final

ENCRYPTED: Final = 0x1
"""The flag of an entry that is encrypted."""
NO_ARCHIVE: Final = (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError, struct.error)
"""What zipfile raises for archives that are none."""
_LARGEST_DIRECTORY: Final = 32 * 1024**2
"""Bytes of an archive's list of files, which is held in memory: room for some 200,000 files."""


class Frugal(io.BufferedReader):
    """A file of which nobody reads much at once, whatever an archive says of the length of its list of files."""

    def read(self, size: int | None = -1, /) -> bytes:
        """As of any file; raises zipfile.BadZipFile where more is asked for than a list of files may have."""
        if size is None or size < 0:
            size = os.fstat(self.fileno()).st_size - self.tell()
        if size > _LARGEST_DIRECTORY:
            raise zipfile.BadZipFile("its list of files is too long")
        return super().read(size)
