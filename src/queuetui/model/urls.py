"""URLs as they may be shown."""

from __future__ import annotations

import re
from urllib.parse import unquote

from queuetui.model.text import sanitize

# Up to the last @: a password that should have been encoded may hold any character.
_PASSWORD = re.compile(r"(?<=://)([^/@:\s]*):.*@")
# Without an @ the host is missing: a text in place of the port that is no number may be the password.
# A colon behind a number belongs to the sentence around.
_WORDY_PORT = re.compile(r"(?<=://)([^/@:\s\[\]]*):(?!\d*(?:[/?#]|:?(?:\s|$)))[^/?#\s]*")
_SECRET_OPTION = re.compile(r"(?i)((?:password|passwd|pwd|secret|token)=)[^&\s]*")
# One server of Redis holds several queues.
_NAMESPACE = re.compile(r"(?:^|&)namespace=([^&]+)")
# The option of a URL that names a second store, whose own URL it is.
BESIDE = "beside"
_BESIDE = re.compile(rf"(?<=[?&]){BESIDE}=")
# The scheme is bounded, otherwise a long word would be searched once for each of its letters.
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,40}://\S+")


def hide_password(url: str) -> str:
    """Return a URL without its password, safe to show, and cut where it is long."""
    return sanitize(strip_password(url))


def strip_password(url: str) -> str:
    """Return a whole URL without its password, to be compared and to be part of a command."""
    first, *nested = _BESIDE.split(url)
    plain = [(one, read_nested(one)) for one in nested]
    shown = (written if _hide_one(one) == one else _hide_one(one) for written, one in plain)
    return f"{BESIDE}=".join((_hide_one(first), *shown))


def hide_passwords(text: str) -> str:
    """Return text with the password of every URL in it hidden."""
    return _URL.sub(lambda found: strip_password(found.group()), text)


def place_name(url: str) -> str:
    """Return the short name of a URL's store, such as `shop@db.example` or `queue.db`.

    Empty where none can be read.
    """
    scheme, _, rest = strip_password(url).partition("://")
    address, _, options = rest.partition("?")
    where, _, path = address.rpartition("@")[2].partition("/")
    name = path.rstrip("/").rpartition("/")[2]
    if namespace := _NAMESPACE.search(options):
        name = f"{name}/{namespace[1]}".lstrip("/")
    return sanitize(f"{name}@{where}" if name and where and scheme.lower() != "sqlite" else name or where)


def read_nested(written: str) -> str:
    """Return a URL that is written within another, plainly or with its marks encoded."""
    return written if "://" in written else unquote(written)


def _hide_one(url: str) -> str:
    hidden, found = _PASSWORD.subn(r"\1:***@", url)
    if not found:
        hidden = _WORDY_PORT.sub(r"\1:***", url)
    return _SECRET_OPTION.sub(r"\1***", hidden)
