"""Reads a Redis URL: which server and database, and the options that are an adapter's own."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlencode, urlunsplit

from queuetui.backends.address_options import read_options, refuse, require_files, split_url

# What the driver takes from a URL, but for what would change how its connections are used here.
_OPTIONS = frozenset({"db", "username", "password", "client_name", "socket_timeout", "socket_connect_timeout"})
_TCP_OPTIONS = _OPTIONS | {"socket_keepalive"}
_TLS_OPTIONS = _TCP_OPTIONS.union(
    f"ssl_{name}"
    for name in ("check_hostname", "cert_reqs", "ca_certs", "ca_path", "certfile", "keyfile", "min_version")
)
_BY_SCHEME = {"unix": _OPTIONS, "redis": _TCP_OPTIONS, "rediss": _TLS_OPTIONS}
_FILES = frozenset({"ssl_ca_certs", "ssl_ca_path", "ssl_certfile", "ssl_keyfile"})
_SECONDS = (r"(?!0*\.?0*$)[0-9]{1,5}(\.[0-9]{1,9})?", "a number of seconds over 0")
_SWITCH = (r"(?i)true|false|yes|no|1|0", "true or false")
# What the driver looks at only when it connects, or would take for something else.
_VALUES = {
    **dict.fromkeys(("socket_timeout", "socket_connect_timeout"), _SECONDS),
    **dict.fromkeys(("socket_keepalive", "ssl_check_hostname"), _SWITCH),
    "client_name": ("[!-~]{1,200}", "letters, digits and signs without a space"),
    "ssl_cert_reqs": ("none|optional|required", "none, optional or required"),
    "ssl_min_version": ("77[12]", "771 for TLS 1.2, or 772 for TLS 1.3"),
}
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
    _check_values(written)
    require_files(written, _FILES)
    if scheme != "unix":
        _check_database(parts.path, written)
        return RedisAddress(urlunsplit(parts._replace(scheme=scheme, query=urlencode(written))), own)
    _check_socket(parts)
    options = f"?{urlencode(written)}" if written else ""
    # Put together by hand: where no user is named, `urlunsplit` leaves out the two slashes, which the driver wants.
    return RedisAddress(f"unix://{parts.netloc}{parts.path}{options}", own)


def _check_values(written: Mapping[str, str]) -> None:
    """Refuse a value that an option cannot have; raises BadConfig."""
    for option in sorted(written.keys() & _VALUES.keys()):
        allowed, said = _VALUES[option]
        if not re.fullmatch(allowed, written[option]):
            raise refuse(f"has the option {option!r} with a value that it cannot have; write {said}")


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
