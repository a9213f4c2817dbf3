"""Whether another process has an SQLite file open."""

from __future__ import annotations

import fcntl
import os
import struct
import sys
from typing import IO

# The bytes that SQLite locks for as long as a file in write-ahead mode is open.
_SHARED_FIRST, _SHARED_BYTES = 0x40000002, 510


def is_open_elsewhere(file: IO[bytes]) -> bool:
    """Tell whether another process holds a lock on a file; it is asked for none itself."""
    span = (_SHARED_FIRST, _SHARED_BYTES)
    if sys.platform == "darwin":
        layout, asked, kind = "qqihh", (*span, 0, fcntl.F_WRLCK, os.SEEK_SET), 3
    else:
        layout, asked, kind = "hhqqi4x", (fcntl.F_WRLCK, os.SEEK_SET, *span, 0), 0
    answer = fcntl.fcntl(file, fcntl.F_GETLK, struct.pack(layout, *asked))
    return bool(struct.unpack(layout, answer)[kind] != fcntl.F_UNLCK)
