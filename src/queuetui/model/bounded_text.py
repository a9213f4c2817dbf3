"""Reads what a person names as a file, which may be endless or a pipe."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

# The stores accept this much in one job; settings are far smaller.
PAYLOAD_BYTES = 256_000_000
SETTINGS_BYTES = 4_000_000
# Some programs write a byte order mark before the text.
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


def read_settings_text(path: Path, *, is_read_again: bool) -> str:
    """Return the text of a file of settings, as `read_bounded` does.

    A pipe into which nobody writes raises OSError too, and so does any pipe where the file `is_read_again`.
    """
    # Opening a pipe must not wait for a writer, which may never come.
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
        is_pipe = stat.S_ISFIFO(os.fstat(file.fileno()).st_mode)
        if is_pipe and is_read_again:
            raise OSError(errno.ESPIPE, "it is a pipe, which can be read only once; write it into a file")
        os.set_blocking(file.fileno(), True)
        text = read_bounded(file, SETTINGS_BYTES)
    if is_pipe and not text:
        raise OSError(errno.ESPIPE, "it is a pipe that holds nothing, or was read before; write it into a file")
    return text
