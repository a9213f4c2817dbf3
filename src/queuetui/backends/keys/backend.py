"""Recognises and opens a product's keys on a server."""

from __future__ import annotations

from queuetui.backends.backend import Backend, late
from queuetui.backends.base import BackendOptions
from queuetui.backends.found import Found
from queuetui.backends.keys.inspector import KeysInspector
from queuetui.backends.keys.loading import Reading
from queuetui.backends.keys.operator import KeysOperator
from queuetui.backends.keys.product import Product
from queuetui.backends.redis.address import NAMESPACE, read_address
from queuetui.backends.redis.server import RedisServer


class KeysBackend(Backend):
    """One product's queue, looked at and mended."""

    def __init__(self, server: RedisServer, product: Product) -> None:
        super().__init__(
            inspector=lambda: KeysInspector(server, product),
            operator=lambda: KeysOperator(server, product),
            examiner=late("keys.examiner", "KeysExaminer", server),
            server_look=late("redis.server_look", "RedisServerLook", server),
            limits=server.options.limits,
            close=server.close,
        )


def find_product(server: RedisServer, url: str, product: Product, options: BackendOptions) -> tuple[Found, ...]:
    """Return a product's queue if the server holds one, as discovery tells it."""
    detail = product.recognise(Reading(server, product, options.limits).ask)
    if not detail:
        return ()
    capabilities = product.capabilities

    def open_it(options: BackendOptions) -> Backend:
        return KeysBackend(RedisServer(read_address(url, (NAMESPACE,)).url, options), product)

    return (Found(capabilities.kind, capabilities.label, detail, open_it),)
