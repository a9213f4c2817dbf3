"""Finds Laravel's Redis queues by names of keys, and joins them with failed jobs in a database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from queuetui.backends.backend import Backend
from queuetui.backends.base import BackendOptions
from queuetui.backends.foreign.laravel.horizon import find_horizon
from queuetui.backends.foreign.laravel.redis_keys import KIND, QUEUES, LaravelRedis, queue_in
from queuetui.backends.foreign.laravel.settings import LaravelSettings, read_settings
from queuetui.backends.found import Found
from queuetui.backends.keys.backend import KeysBackend, connect, find_products
from queuetui.backends.keys.scanned_keys import QueueNames, escape_glob, names_in
from queuetui.backends.redis.server import RedisServer
from queuetui.model.errors import BadConfig
from queuetui.model.state import State
from queuetui.model.urls import BESIDE, hide_password

_PREFIX, _QUEUES, _RETRY_AFTER = "laravel.prefix", "laravel.queues", "laravel.retry_after"
_HORIZON = "laravel.horizon"
_MOST_PREFIXES = 32
_UNNAMED = "failed jobs are not seen: they are in the application's database; name it behind the URL, as ?beside=mysql://USER@HOST/NAME"
_OF_SEVERAL = "failed jobs are not seen: which of the applications on this server the database belongs to is not sure; name one with --kind"


def find(server: RedisServer, url: str, options: BackendOptions) -> tuple[Found, ...]:
    """Return the Laravel queues of a server, one a prefix, or of the prefix that a person names."""
    settings, beside = _read(options), options.settings.get(BESIDE, "")
    named = _named_prefix(options)
    prefixes = _prefixes(server) if named is None else [named.encode()]
    missing = _UNNAMED if not beside else _OF_SEVERAL if len(prefixes) > 1 else ""
    products = {
        prefix.decode("utf-8", "replace"): LaravelRedis(
            prefix,
            _names(server, prefix, options),
            settings,
            _retry_after_s(options.settings),
            missing,
            is_named=named is not None,
            horizon=_horizon(server, prefix, prefixes, options),
        )
        for prefix in prefixes
    }
    found = find_products(server, url, products, options)
    if missing:
        unseen = {name: product.capabilities.missing.get(State.FAILED) for name, product in products.items()}
        return tuple(replace(one, detail="; ".join(filter(None, (one.detail, unseen[one.name])))) for one in found)
    told = f"its failed jobs are in {hide_password(beside)}"
    return tuple(one.beside(told, partial(_open_joined, url, beside, products[one.name])) for one in found)


def _named_prefix(options: BackendOptions) -> str | None:
    """Return the prefix that a person named, whose queues are there even while nothing stands in them."""
    system, colon, name = (options.kind or "").partition(":")
    return name if colon and system == KIND else options.settings.get(_PREFIX)


def _read(options: BackendOptions) -> LaravelSettings:
    connections = options.settings.get("laravel.connections") or "redis"
    return replace(read_settings({**options.settings, "laravel.connections": connections}), home="this queue")


def _prefixes(server: RedisServer) -> list[bytes]:
    found: dict[bytes, None] = {}
    for key in server.key_list.names:
        prefix, mark, _ = key.partition(QUEUES)
        if mark and queue_in(key, prefix):
            found[prefix] = None
    return sorted(found)[:_MOST_PREFIXES]


def _names(server: RedisServer, prefix: bytes, options: BackendOptions) -> QueueNames:
    named = names_in(options.settings, _QUEUES, with_spaces=True)
    glob = escape_glob(prefix + QUEUES) + b"*"
    return QueueNames(server.key_list, glob, lambda key: queue_in(key, prefix) or None, named)


def _horizon(server: RedisServer, prefix: bytes, prefixes: Sequence[bytes], options: BackendOptions) -> bytes | None:
    named = options.settings.get(_HORIZON)
    return find_horizon(prefix, prefixes, server.key_list.names) if named is None else named.encode()


def _retry_after_s(settings: Mapping[str, str]) -> float | None:
    written = settings.get(_RETRY_AFTER)
    if written is None:
        return None
    if not written.isdecimal():
        raise BadConfig(
            f"{written[:40]!r} is no number of seconds; write what the connection says, as 90", _RETRY_AFTER
        )
    return float(written)


def _open_joined(url: str, beside: str, product: LaravelRedis, options: BackendOptions) -> Backend:
    from queuetui.backends.foreign.laravel.redis_failures import open_failures
    from queuetui.backends.joined.backend import open_joined

    server = connect(url, options)
    opening = partial(open_failures, beside, server, product, options, _read(options))
    return open_joined(KeysBackend(server, product), opening, "failed jobs", options)
