"""Reads a Redis URL: which server and database, and the options that are an adapter's own."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode, urlunsplit

from queuetui.backends.address_options import read_options, refuse, split_url

# What the driver takes from a URL, but for what would change how its connections are used here.
_OPTIONS = frozenset(
    """
    db username password client_name socket_timeout socket_connect_timeout socket_keepalive ssl_check_hostname
    ssl_cert_reqs ssl_ca_certs ssl_ca_path ssl_certfile ssl_keyfile ssl_min_version
    """.split()  # noqa: SIM905 - as many quotes would hide the names
)


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
    written = read_options(parts.query, _OPTIONS.union(own_options))
    own = {name: written.pop(name) for name in own_options if name in written}
    scheme = parts.scheme.lower()
    if scheme != "unix":
        _check_database(parts.path, written)
    return RedisAddress(urlunsplit(parts._replace(scheme=scheme, query=urlencode(written))), own)


def _check_database(path: str, written: Mapping[str, str]) -> None:
    """Refuse what the driver would ignore or read as another database. Raises BadConfig."""
    named = path.removeprefix("/").removesuffix("/")
    if named and not re.fullmatch("[0-9]+", named):
        raise refuse(
            f"names the database {named[:40]!r}, and those of Redis are numbers; several queues of one database are told apart by "
            "?namespace=NAME"
        )
    if named and "db" in written:
        raise refuse("names the database twice, behind the host and by db; leave one")
