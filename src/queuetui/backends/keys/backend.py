"""Recognises and opens a product's keys on a server."""

from __future__ import annotations

from collections.abc import Mapping

from queuetui.backends.backend import Backend, late
from queuetui.backends.base import BackendOptions
from queuetui.backends.found import Found
from queuetui.backends.keys.entry_reader import KeysReading
from queuetui.backends.keys.guarded import RunChange
from queuetui.backends.keys.inspector import KeysInspector
from queuetui.backends.keys.operator import KeysOperator
from queuetui.backends.keys.product import KeysProduct
from queuetui.backends.redis.address import NAMESPACE, read_address
from queuetui.backends.redis.server import RedisServer


class KeysBackend(Backend):
    """One product's queue, looked at and mended."""

    def __init__(
        self, server: RedisServer, product: KeysProduct, *, beside: Backend | None = None, run: RunChange | None = None
    ) -> None:
        inspector = KeysInspector(server, product)
        server.changed = inspector.looks.forget
        super().__init__(
            inspector=lambda: inspector,
            operator=lambda: KeysOperator(server, product, run),
            examiner=late("redis.condition", "ServerCondition", server),
            server_look=late("redis.server_look", "RedisServerLook", server),
            limits=server.options.limits,
            schedules=(lambda: inspector) if product.capabilities.schedules else None,
            close=server.close,
            beside=beside,
        )


def find_product(server: RedisServer, url: str, product: KeysProduct, options: BackendOptions) -> tuple[Found, ...]:
    """Return a product's queue if the server holds one, as discovery tells it."""
    return find_products(server, url, {"": product}, options)


def find_products(
    server: RedisServer, url: str, products: Mapping[str, KeysProduct], options: BackendOptions
) -> tuple[Found, ...]:
    """Return the queues of one product on a server, by prefix or what else tells one from others."""
    details = {
        name: product.recognise(KeysReading(server, product, options.limits).ask) for name, product in products.items()
    }
    there = [name for name in products if details[name]]

    def describe(name: str) -> Found:
        product = products[name]
        capabilities = product.capabilities
        kind = capabilities.kind if len(there) == 1 else f"{capabilities.kind}:{name}"
        return Found(
            kind,
            capabilities.label,
            details[name],
            lambda options: KeysBackend(connect(url, options), product),
            name=name,
        )

    return tuple(map(describe, there))


def connect(url: str, options: BackendOptions) -> RedisServer:
    """Return the server at a URL, in which a product may be named by its namespace."""
    return RedisServer(read_address(url, (NAMESPACE,)).url, options)
