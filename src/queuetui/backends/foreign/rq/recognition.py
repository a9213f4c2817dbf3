"""What RQ is known by: its registers of queues and workers, behind whatever RQ_KEY_PREFIX says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from queuetui.backends.foreign.rq.product import USUAL_PREFIX, Rq
from queuetui.backends.keys.backend import find_products
from queuetui.backends.keys.scanned_keys import prefixes_of

if TYPE_CHECKING:
    from queuetui.backends.base import BackendOptions
    from queuetui.backends.found import Found
    from queuetui.backends.redis.server import RedisServer


def find(server: RedisServer, url: str, options: BackendOptions) -> tuple[Found, ...]:
    """Return RQ's queues, one a prefix of keys, or those of the prefix that a person names."""
    named = options.settings.get("rq.prefix")
    prefixes = [named] if named else [USUAL_PREFIX, *prefixes_of((b":queues", b":workers"), server.key_list.names)]
    return find_products(server, url, {prefix: Rq(prefix) for prefix in prefixes}, options)
