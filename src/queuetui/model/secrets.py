"""Names of values to mask in logs and bundles; rather too many than too few."""

from __future__ import annotations

import re

MASK = "***"
NAMES_PATTERN = (
    "password|passwd|pwd|passphrase|secret|token|api[_-]?key|apikey|access[_-]?key|private[_-]?key|authorization|auth|cookie|session"
    "|credential|signature|dsn|card|cvc|cvv|iban|pin"
)
_SECRET = re.compile(rf"(?i)passw|secret|(?:^|[_\W])(?:{NAMES_PATTERN})s?(?:$|[_\W])")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")


def is_secret_name(name: str) -> bool:
    """Tell whether a value of that name is to be masked."""
    return _SECRET.search(_HUMP.sub("_", name)) is not None
