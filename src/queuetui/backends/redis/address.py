"""Reads a Redis URL: which server and database, and the options that are an adapter's own."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlencode, urlunsplit

from queuetui.backends.address_options import read_options, refuse, split_url

# What the driver takes from a URL, but for what would change how its connections are used here.
_OPTIONS = frozenset({"db", "username", "password", "client_name", "socket_timeout", "socket_connect_timeout"})
_TCP_OPTIONS = _OPTIONS | {"socket_keepalive"}
_TLS_OPTIONS = _TCP_OPTIONS.union(
    f"ssl_{name}"
    for name in ("check_hostname", "cert_reqs", "ca_certs", "ca_path", "certfile", "keyfile", "min_version")
)
_BY_SCHEME = {"unix": _OPTIONS, "redis": _TCP_OPTIONS, "rediss": _TLS_OPTIONS}
# An option of the URL that names a queue of ours; whoever writes it means no other.
NAMESPACE = "namespace"


@dataclass(frozen=True, slots=True)
class RedisAddress:
    """A server and database: the URL as the driver takes it, and the options that were taken out of it."""

    url: str
    own: Mapping[str, str]


def read_address(url: str, own_options: Collection[str] = ()) -> RedisAddress:
    """Return the address, with the options that an adapter knows beside the driver's apart.

    Raises BadConfig.
    """
    parts = split_url(url, "redis://HOST:6379/0 or unix:///run/redis.sock")
    scheme = parts.scheme.lower()
    written = read_options(parts.query, _BY_SCHEME[scheme].union(own_options))
    own = {name: written.pop(name) for name in own_options if name in written}
    if scheme != "unix":
        _check_database(parts.path, written)
        return RedisAddress(urlunsplit(parts._replace(scheme=scheme, query=urlencode(written))), own)
    _check_socket(parts)
    options = f"?{urlencode(written)}" if written else ""
    # Put together by hand: where no user is named, `urlunsplit` leaves out the two slashes, which the driver wants.
    return RedisAddress(f"unix://{parts.netloc}{parts.path}{options}", own)


def _check_socket(parts: SplitResult) -> None:
    """Refuse a socket that is no file of this machine; raises BadConfig."""
    example = "unix:///run/redis.sock"
    if parts.hostname:
        raise refuse(f"names a host, and a socket is a file of this machine; write three slashes, as in {example}")
    if not parts.path.startswith("/") or parts.path == "/":
        raise refuse(f"names no socket; write its whole path, as in {example}")


def _check_database(path: str, written: Mapping[str, str]) -> None:
    """Refuse what the driver would ignore or read as another database; raises BadConfig."""
    named = path.removeprefix("/").removesuffix("/")
    if named and not re.fullmatch("[0-9]+", named):
        raise refuse(
            f"names the database {named[:40]!r}, and those of Redis are numbers; several queues of one database are told apart by "
            "?namespace=NAME"
        )
    if named and "db" in written:
        raise refuse("names the database twice, behind the host and by db; leave one")
