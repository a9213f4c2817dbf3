"""What a URL says of a MySQL or MariaDB server, as PyMySQL takes it."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from queuetui.backends.address_options import read_options, refuse, require_files, split_url

DEFAULT_PORT = 3306
CHARSET = "utf8mb4"
_FILES = {"ssl_ca": "ca", "ssl_cert": "cert", "ssl_key": "key", "ssl_capath": "capath"}
_KNOWN = frozenset({"charset", "unix_socket", *_FILES})
_OWN_MACHINE = frozenset({None, "localhost", "127.0.0.1", "::1"})


def read_address(url: str) -> dict[str, Any]:
    """Return the arguments of a connection.

    Raises BadConfig without quoting the URL, which may hold a password.
    """
    parts = split_url(url, "mysql://user:password@host/name")
    if "," in parts.netloc.rpartition("@")[2]:
        raise refuse("names several hosts; name one")
    options = read_options(parts.query, _KNOWN)
    if options.get("charset", CHARSET).lower() != CHARSET:
        raise refuse(f"names a charset, and a queue is read and written as {CHARSET}; take it out")
    if "unix_socket" in options and parts.hostname not in _OWN_MACHINE:
        raise refuse("names a host and a unix_socket, which is a file of this machine; leave one")
    name = unquote(parts.path.lstrip("/"))
    if not name or "/" in name:
        raise refuse("names no database, or several; write mysql://user:password@host/NAME")
    require_files(options, _FILES)
    files = {_FILES[option]: value for option, value in options.items() if option in _FILES}
    return {
        "host": parts.hostname or "127.0.0.1",
        "port": parts.port or DEFAULT_PORT,
        "user": unquote(parts.username or "") or None,
        "password": unquote(parts.password or ""),
        "database": name,
        **({"ssl": files} if files else {}),
        **({"unix_socket": options["unix_socket"]} if "unix_socket" in options else {}),
    }
