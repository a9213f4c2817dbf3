"""Reads a Redis URL: which server, and which namespace on it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlunsplit

from queuetui.backends.address_options import read_options, refuse, split_url
from queuetui.backends.native.redis.keys import Namespace
from queuetui.model.errors import BadConfig

if TYPE_CHECKING:
    from queuetui.backends.base import BackendOptions

DEFAULT_NAMESPACE = "queuetui"
_SETTING = "namespace"
# What the driver takes from a URL, but for what would change how its connections are used here.
_OPTIONS = frozenset(
    """
    namespace db username password client_name socket_timeout socket_connect_timeout socket_keepalive ssl_check_hostname
    ssl_cert_reqs ssl_ca_certs ssl_ca_path ssl_certfile ssl_keyfile ssl_min_version
    """.split()  # noqa: SIM905 - as many quotes would hide the names
)
_ALLOWED = re.compile(r"[A-Za-z0-9_.-]{1,64}")


@dataclass(frozen=True, slots=True)
class Address:
    """Where a queue lives: the URL as the driver takes it, and the namespace."""

    url: str
    namespace: Namespace


def read_address(url: str, options: BackendOptions) -> Address:
    """Return the address; the namespace is the URL's, else the profile's. Raises BadConfig."""
    parts = split_url(url, "redis://HOST:6379/0 or unix:///run/redis.sock")
    written = read_options(parts.query, _OPTIONS)
    namespace = written.pop(_SETTING, None) or options.settings.get(_SETTING, DEFAULT_NAMESPACE)
    if not _ALLOWED.fullmatch(namespace):
        message = f"the namespace {namespace[:80]!r} cannot be used; write 1 to 64 letters, digits, dots, dashes or underscores"
        raise BadConfig(message, _SETTING)
    scheme = parts.scheme.lower()
    if scheme != "unix":
        _check_database(parts.path, written)
    return Address(urlunsplit(parts._replace(scheme=scheme, query=urlencode(written))), Namespace(namespace))


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
