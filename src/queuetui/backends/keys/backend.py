"""Opens and discovers a product's keys on a server."""

from __future__ import annotations

from dataclasses import replace

from queuetui.backends.backend import Backend
from queuetui.backends.base import BackendOptions, Found
from queuetui.backends.keys.inspector import KeysInspector
from queuetui.backends.keys.loading import Reading
from queuetui.backends.keys.operator import KeysOperator
from queuetui.backends.keys.product import Product
from queuetui.backends.redis.address import read_address
from queuetui.backends.redis.server import RedisServer
from queuetui.model.errors import NotFound
from queuetui.model.measured import Measured

# An option of the URL that names a queue of ours; whoever writes it means no other.
_OURS = "namespace"


class KeysBackend(Backend):
    """One product's queue, looked at and mended."""

    def __init__(self, server: RedisServer, product: Product) -> None:
        super().__init__(
            inspector=lambda: KeysInspector(server, product),
            operator=lambda: KeysOperator(server, product),
            limits=server.options.limits,
            close=server.close,
        )


def open_product(url: str, options: BackendOptions, product: Product) -> KeysBackend:
    """Open a product's queue. Raises NotFound when its keys are not there."""
    server = RedisServer(read_address(url, (_OURS,)).url, options)
    try:
        if not product.recognise(Reading(server, product, options.limits).ask):
            label = product.capabilities.label
            raise NotFound(
                f"no queue of {label} was found there: looked for {product.home}; check the URL and its database's number"
            )
    except BaseException:
        server.close()
        raise
    return KeysBackend(server, product)


def discover_product(url: str, options: BackendOptions, product: Product, *, counted: bool) -> tuple[Found, ...]:
    """Return the product's queue if the server holds one; a URL that names a namespace of ours means no other."""
    address = read_address(url, (_OURS,))
    if address.own:
        return ()
    server = RedisServer(address.url, options)
    try:
        reading = Reading(server, product, options.limits)
        detail = product.recognise(reading.ask)
        if not detail:
            return ()
        found = Found(product.capabilities.kind, product.capabilities.label, detail)
        if not counted:
            return (found,)
        jobs = Measured(sum(reading.sizes(reading.shelves)), as_of=reading.now)
        return (replace(found, queues=len(reading.survey.queues), jobs=jobs),)
    finally:
        server.close()
