"""Reads the URL of a queue of ours on Redis: which server, and which namespace on it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from queuetui.backends.native.redis.keys import Namespace
from queuetui.backends.redis import address
from queuetui.model.errors import BadConfig

if TYPE_CHECKING:
    from queuetui.backends.base import BackendOptions

DEFAULT_NAMESPACE = "queuetui"
_SETTING = "namespace"
_ALLOWED = re.compile(r"[A-Za-z0-9_.-]{1,64}")


@dataclass(frozen=True, slots=True)
class Address:
    """Where a queue lives: the URL as the driver takes it, and the namespace."""

    url: str
    namespace: Namespace


def read_address(url: str, options: BackendOptions) -> Address:
    """Return the address; the namespace is the URL's, else the profile's; raises BadConfig."""
    found = address.read_address(url, (_SETTING,))
    namespace = found.own.get(_SETTING) or options.settings.get(_SETTING, DEFAULT_NAMESPACE)
    if not _ALLOWED.fullmatch(namespace):
        message = f"the namespace {namespace[:80]!r} cannot be used; write 1 to 64 letters, digits, dots, dashes or underscores"
        raise BadConfig(message, _SETTING)
    return Address(found.url, Namespace(namespace))
