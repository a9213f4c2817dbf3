"""Reads what a person names as a file, which may be endless or a pipe."""

from __future__ import annotations

import errno
import stat
from pathlib import Path
from typing import BinaryIO

# As much as the stores take in one job, and far more than a person writes of settings.
PAYLOAD_BYTES = 256_000_000
SETTINGS_BYTES = 4_000_000
# Some programs write a mark before the text.
_ENCODING = "utf-8-sig"
_READ_BYTES = 1_000_000


def read_bounded(stream: BinaryIO, most_bytes: int) -> str:
    """Return the UTF-8 text of a stream; raises OSError where it is longer, and UnicodeDecodeError."""
    parts, left = list[bytes](), most_bytes
    while left >= 0 and (part := stream.read(min(left + 1, _READ_BYTES))):
        parts.append(part)
        left -= len(part)
    if left < 0:
        raise OSError(errno.EFBIG, f"it holds more than {most_bytes / 1e6:.0f} MB")
    return b"".join(parts).decode(_ENCODING)


def read_settings_text(path: Path) -> str:
    """Return the text of a file of settings, as `read_bounded` does.

    It is read more than once, so a pipe raises OSError too.
    """
    if stat.S_ISFIFO(path.stat().st_mode):
        raise OSError(errno.ESPIPE, "it is a pipe, which can be read only once; write it into a file")
    with path.open("rb") as file:
        return read_bounded(file, SETTINGS_BYTES)
