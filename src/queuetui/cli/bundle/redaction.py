"""Removes secrets from the contents of a bundle; in doubt it removes too much."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from queuetui.model.secrets import MASK, NAMES_PATTERN, is_secret_name
from queuetui.model.urls import hide_passwords

# A name, perhaps in quotes, and its value. Quotes may be escaped, as in JSON within a text; in a cut text one may stay open.
# Matches begin only at the beginning of a word: else a long word would be scanned once for each of its letters.
_SIGN = r"\\*[\"']?\s*(?:=>|[:=])\s*"
_QUOTED = r"\\+\"(?:(?!\\+\")[\s\S])*(?:\\+\"|$)|\"(?:[^\"\\]|\\[\s\S])*(?:\"|$)|'(?:[^'\\]|\\[\s\S])*(?:'|$)"
_GIVEN = re.compile(
    rf"(?i)(?<![\w-])([\w-]*(?:(?:{NAMES_PATTERN})s?|(?:passw|secret)[\w-]*){_SIGN})({_QUOTED}|(?:bearer|basic)\s+\S+|[^\s,;&)}}\]]+)"
)
# The values of these headers have several words.
_HEADER = re.compile(rf"(?i)((?:authorization|cookie2?){_SIGN})({_QUOTED}|[^\r\n\"'<]+)")
_ELEMENT = re.compile(rf"(?i)(<[\w:.-]*(?:{NAMES_PATTERN})[\w:.-]*(?:\s[^<>]*)?>)[^<]+")
_BEARER = re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{6,}")
# Signed tokens, and the keys of well-known services, are known by their prefixes.
_KEYS = re.compile(
    r"\beyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?|\b(?:sk|pk|rk)_(?:live|test)_\w+|\bsk-[\w-]{16,}|\b(?:AKIA|ASIA)[A-Z0-9]{12,}"
    r"|\bAIza[\w-]{30,}|\bglpat-[\w-]{16,}|\bhooks\.slack\.com/(?:services|workflows)/[^\s\"'<]+"
    r"|\bgh[pousr]_\w{20,}|\bxox[abprs]-[\w-]+|-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)",
    re.DOTALL,
)
_MAIL = re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
# The number of a payment card.
_CARD = re.compile(r"(?<![\w-])(?:\d[ -]?){12,18}\d(?![\w-])")


def redact_text(text: str) -> str:
    """Return a text without passwords, tokens, keys, mail addresses and card numbers."""
    text = hide_passwords(text)
    text = _KEYS.sub(MASK, text)
    for given in (_ELEMENT, _GIVEN, _HEADER):
        text = given.sub(rf"\1{MASK}", text)
    text = _BEARER.sub(rf"\1 {MASK}", text)
    return _CARD.sub(MASK, _MAIL.sub(MASK, text))


def redact(value: Any, name: str = "") -> Any:
    """Return a value without secrets; a value whose name says that it is one is masked whole."""
    if name and value not in (None, "", 0) and is_secret_name(name):
        return MASK
    if isinstance(value, Mapping):
        return {redact_text(str(key)): redact(one, str(key)) for key, one in value.items()}
    if isinstance(value, str):
        return redact_text(value)
    return [redact(one) for one in value] if isinstance(value, Sequence) else value
