"""The fingerprint that groups errors: their class, and their message without its variable parts."""

from __future__ import annotations

import hashlib
import re

_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`")
_CHANGING = re.compile(r"\b(?=[0-9a-fA-F-]*\d)[0-9a-fA-F-]{6,}\b|\d+")
_READ_CHARS = 2000


def fingerprint_of(class_name: str, message: str) -> str:
    """Return 16 hex digits that are the same for errors of one kind.

    Errors are of one kind when only numbers, ids and quoted values of their first line differ.
    """
    first_line = next(iter(message[:_READ_CHARS].splitlines()), "")
    plain = _CHANGING.sub("#", _QUOTED.sub("?", first_line))
    return hashlib.sha256(f"{class_name}\n{plain}".encode("utf-8", "backslashreplace")).hexdigest()[:16]
