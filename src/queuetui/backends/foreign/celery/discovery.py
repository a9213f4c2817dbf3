"""Finds Celery's queues by the names of keys, and its results.

Results stand beside the queues, or in another Redis database that is named.
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import closing
from functools import partial

from queuetui.backends.backend import Backend
from queuetui.backends.base import BackendOptions
from queuetui.backends.foreign.celery.product import BINDINGS, RESULTS, Celery
from queuetui.backends.found import Found
from queuetui.backends.keys.backend import KeysBackend, connect, find_products
from queuetui.backends.keys.split_server import SplitServer, run_on_both
from queuetui.backends.payloads.stored_values import text_of
from queuetui.backends.redis.address import NAMESPACE, read_address
from queuetui.backends.redis.server import RedisServer
from queuetui.model.urls import BESIDE, hide_password

_REDIS = ("redis:", "rediss:", "unix:")


def find(server: RedisServer, url: str, options: BackendOptions) -> tuple[Found, ...]:
    """Return Celery's queues, one a prefix of keys, each with its results."""
    beside = options.settings.get(BESIDE, "")
    if not beside.startswith(_REDIS):
        return _find_in(server, server, url, options)
    with closing(connect(beside, options)) as other:
        return _find_in(server, other, url, options)


def _find_in(server: RedisServer, other: RedisServer, url: str, options: BackendOptions) -> tuple[Found, ...]:
    brokers, ended = _prefixes(server, BINDINGS), _prefixes(other, RESULTS)
    named = options.settings.get("celery.prefix")
    brokers = brokers if named is None else {named.encode()}
    pairs = {prefix: _results_of(prefix, brokers, ended) for prefix in brokers}
    if other is server:
        pairs |= {prefix: prefix for prefix in ended.difference(pairs.values())}
    products = {
        text_of(prefix.rstrip(b":_-.")) or "default": Celery(server, other, prefix, results + RESULTS, options)
        for prefix, results in sorted(pairs.items())
    }
    found = find_products(server, url, products, options)
    beside = options.settings.get(BESIDE, "")
    if not beside:
        return found
    told, opening = f"its results are in {hide_password(beside)}", _open_joined if other is server else _open
    return tuple(one.beside(told, partial(opening, url, beside, products[one.name])) for one in found)


def _open_joined(url: str, beside: str, product: Celery, options: BackendOptions) -> Backend:
    """Open the broker with the table of results in a database."""
    from queuetui.backends.foreign.celery.results import open_results
    from queuetui.backends.joined.backend import open_joined

    server = connect(url, options)
    opening = partial(open_results, beside, server, product, options)
    return open_joined(KeysBackend(server, product), opening, "results", options)


def _open(url: str, beside: str, product: Celery, options: BackendOptions) -> Backend:
    other = connect(beside, options)
    server = SplitServer(read_address(url, (NAMESPACE,)).url, other, product.results, options)
    return KeysBackend(server, product, beside=KeysBackend(other, product), run=partial(run_on_both, server))


def _prefixes(server: RedisServer, part: bytes) -> set[bytes]:
    return {key.partition(part)[0] for key in server.key_list.names if part in key}


def _results_of(prefix: bytes, brokers: Collection[bytes], ended: Collection[bytes]) -> bytes:
    """Return the prefix of the keys of results beside a broker's prefix.

    It is what Celery writes, or the only prefix there is.
    """
    written = prefix if not prefix or prefix[-1:] in b":_-." else prefix + b"_"
    if written not in ended and len(brokers) == len(ended) == 1:
        return next(iter(ended))
    return written
