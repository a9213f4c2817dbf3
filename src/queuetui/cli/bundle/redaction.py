"""Takes secrets out of what leaves the house in a bundle; rather too much than too little."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from queuetui.model.secrets import MASK, NAMES_PATTERN, is_secret_name
from queuetui.model.urls import hide_passwords

# A name, perhaps in quotes, and what is given to it.
_GIVEN = re.compile(
    rf"(?i)([\w-]*(?:{NAMES_PATTERN})s?[\"']?\s*(?:=>|[:=])\s*)(\"[^\"]*\"|'[^']*'|(?:bearer|basic)\s+\S+|[^\s,;&)}}\]]+)"
)
_BEARER = re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{6,}")
# Signed tokens, and the keys of well-known services, tell themselves by their beginnings.
_KEYS = re.compile(
    r"\beyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?|\b(?:sk|pk|rk)_(?:live|test)_\w+|\bsk-[\w-]{16,}|\b(?:AKIA|ASIA)[A-Z0-9]{12,}"
    r"|\bgh[pousr]_\w{20,}|\bxox[abprs]-[\w-]+|-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)",
    re.DOTALL,
)
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
# The digits of a bank card.
_CARD = re.compile(r"(?<![\w-])(?:\d[ -]?){12,18}\d(?![\w-])")


def redact_text(text: str) -> str:
    """Return a text without passwords, tokens, keys, addresses of mail and numbers of cards."""
    text = hide_passwords(text)
    text = _KEYS.sub(MASK, text)
    text = _GIVEN.sub(rf"\1{MASK}", text)
    text = _BEARER.sub(rf"\1 {MASK}", text)
    return _CARD.sub(MASK, _MAIL.sub(MASK, text))


def redact(value: Any, name: str = "") -> Any:
    """Return a value without secrets; under a name of one nothing is left of it."""
    if name and value not in (None, "", 0) and is_secret_name(name):
        return MASK
    if isinstance(value, Mapping):
        return {redact_text(str(key)): redact(one, str(key)) for key, one in value.items()}
    if isinstance(value, str):
        return redact_text(value)
    return [redact(one) for one in value] if isinstance(value, Sequence) else value
