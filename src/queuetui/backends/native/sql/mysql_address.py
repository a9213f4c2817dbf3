"""What a URL says of a MySQL or MariaDB server, as PyMySQL takes it."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from queuetui.model.errors import Unsupported

DEFAULT_PORT = 3306
_FILES = {"ssl_ca": "ca", "ssl_cert": "cert", "ssl_key": "key", "ssl_capath": "capath"}
_UNREADABLE = (
    "the database URL cannot be read; write it like mysql://user:password@host/name, and an @ in the password as %40"
)


def read_address(url: str) -> dict[str, Any]:
    """Return the arguments of a connection. Raises Unsupported without quoting the URL, which may hold a password."""
    try:
        parts = urlsplit(url)
        port = parts.port or DEFAULT_PORT
        options = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
    except ValueError:
        raise Unsupported(_UNREADABLE) from None
    if parts.netloc.count("@") > 1:
        raise Unsupported(_UNREADABLE)
    name = unquote(parts.path.lstrip("/"))
    if not name or "/" in name:
        raise Unsupported("a MySQL URL names a database: mysql://user:password@host/NAME")
    return {
        "host": parts.hostname or "127.0.0.1",
        "port": port,
        "user": unquote(parts.username or "") or None,
        "password": unquote(parts.password or ""),
        "database": name,
        **_read_options(options),
    }


def _read_options(options: dict[str, str]) -> dict[str, Any]:
    known = {"charset", "unix_socket", *_FILES}
    strange = sorted(set(options) - known)
    if strange:
        raise Unsupported(
            f"the database URL has an option that is not known: {strange[0][:40]!r}; known are {', '.join(sorted(known))}"
        )
    files = {_FILES[name]: value for name, value in options.items() if name in _FILES}
    found: dict[str, Any] = {"ssl": files} if files else {}
    return found | ({"unix_socket": options["unix_socket"]} if "unix_socket" in options else {})
