"""URLs as they may be shown."""

from __future__ import annotations

import re

from queuetui.model.text import sanitize

# Up to the last @: a password that should have been encoded may hold any character.
_PASSWORD = re.compile(r"(?<=://)([^/@:\s]*):.*@")
_SECRET_OPTION = re.compile(r"(?i)((?:password|passwd|pwd|secret|token)=)[^&\s]*")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S+")


def hide_password(url: str) -> str:
    """Return a URL without its password, safe to show."""
    return sanitize(_hide(url))


def hide_passwords(text: str) -> str:
    """Return text with the password of every URL in it hidden."""
    return _URL.sub(lambda found: _hide(found.group()), text)


def _hide(url: str) -> str:
    return _SECRET_OPTION.sub(r"\1***", _PASSWORD.sub(r"\1:***@", url))
