"""The functions of a product's schema: never kept beside the tests, but created by the real system where one is needed."""

from __future__ import annotations

import psycopg


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
