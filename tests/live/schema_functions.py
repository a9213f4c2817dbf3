"""The functions of a product's schema: never kept beside the tests, but created by the real system where one is needed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from tests.backends.captures import Capture
from tests.backends.rights.sql_users import load_dump
from tests.live.product import LiveProduct, Missing
from tests.servers.fixtures import report_missing


def lend_functions(made_by_product: str, url: str, schema: str) -> None:
    """Create in one database the functions that a product has created in another, under the same schema."""
    asked = "select pg_get_functiondef(oid) from pg_proc where pronamespace = %s::regnamespace and prokind in ('f', 'p') order by oid"
    with psycopg.connect(made_by_product) as product, psycopg.connect(url, autocommit=True) as capture:
        defined = [one for (one,) in product.execute(asked, (schema,)).fetchall()]
        assert defined, f"the product has created no function in the schema {schema}"
        # One may name another that comes later.
        capture.execute("set check_function_bodies = off")
        for one in defined:
            capture.execute(one.encode())


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
