"""Tells whether a Redis server may hold Laravel's queues, without loading what reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from queuetui.backends.base import BackendOptions
    from queuetui.backends.found import Found
    from queuetui.backends.redis.server import RedisServer

# In the name of every key of theirs, behind the prefix.
_MARK = b"queues:"


def find(server: RedisServer, url: str, options: BackendOptions) -> tuple[Found, ...]:
    """Return the Laravel queues of a server; a kind or a setting may name them where no key does."""
    is_named = (options.kind or "").startswith("laravel") or any(
        name.startswith("laravel.") for name in options.settings
    )
    if not is_named and not any(_MARK in key for key in server.key_list.names):
        return ()
    from queuetui.backends.foreign.laravel.redis_discovery import find as find_theirs

    return find_theirs(server, url, options)
