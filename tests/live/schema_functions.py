"""The functions of a product's schema: never kept beside the tests, but created by the real system where one is needed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.backends.captures import Capture
from tests.backends.rights.sql_users import load_dump
from tests.captures.lent_functions import lend_functions
from tests.live.product import LiveProduct, Missing
from tests.servers.fixtures import report_missing


@contextmanager
def capture_with_functions(
    product: LiveProduct, folder: str, schema: str, url: str, server: Any, room: Path
) -> Iterator[Capture]:
    """Load a capture into an empty database, with the functions that the real product creates in one of its own."""
    try:
        product.install(room)
    except Missing as error:
        report_missing(str(error))
    made = server.create_database()
    product.enqueue(room, made, room)
    loaded = load_dump(product.kind, folder, url)
    lend_functions(made, url, schema)
    yield loaded
    loaded.close()
    server.drop_database(made)
