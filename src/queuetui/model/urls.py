"""URLs as they may be shown."""

from __future__ import annotations

import re

from queuetui.model.text import sanitize

_PASSWORD = re.compile(r"(?<=://)([^/@:]*):[^@]*@(?=[^@]*$)")
_SECRET_OPTION = re.compile(r"(?i)((?:password|passwd|pwd|secret|token|sslpassword)=)[^&]*")


def hide_password(url: str) -> str:
    """Return a URL without its password, safe to show."""
    hidden = _PASSWORD.sub(r"\1:***@", url)
    return sanitize(_SECRET_OPTION.sub(r"\1***", hidden))
