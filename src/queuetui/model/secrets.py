"""Names of values that nobody is to read in a log."""

from __future__ import annotations

import re

MASK = "***"
_SECRET = re.compile(
    r"pass(word|wd|phrase)?$|passwd|secret|token|api_?key|private_?key|credential|authori[sz]ation|cookie",
    re.IGNORECASE,
)


def is_secret_name(name: str) -> bool:
    """Tell whether a value of that name is to be masked."""
    return _SECRET.search(name) is not None
