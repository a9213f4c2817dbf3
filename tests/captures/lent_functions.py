"""The functions of a product's schema: never kept beside the tests, but created by the real system where one is needed."""

from __future__ import annotations

from urllib.parse import urlsplit

import psycopg
from procrastinate.schema import SchemaManager

_TRIGGERS = (
    "select pg_get_triggerdef(t.oid) from pg_trigger t join pg_class c on c.oid = t.tgrelid "
    "where not t.tgisinternal and c.relnamespace = %s::regnamespace order by t.oid"
)
# The schema whose tables and types are those that the functions of now are for, and which has none of any version.
_LACKING = (
    "select quote_ident(n.nspname) from pg_namespace n join pg_type t on t.typnamespace = n.oid "
    "where t.typname = 'procrastinate_job_to_defer_v1' "
    r"and not exists (select from pg_proc p where p.pronamespace = n.oid and p.proname like 'procrastinate\_%')"
)


def lend_functions(made_by_product: str, url: str, schema: str) -> None:
    """Create in one database the functions and triggers that a product has created in another, under the same schema."""
    asked = "select pg_get_functiondef(oid) from pg_proc where pronamespace = %s::regnamespace and prokind in ('f', 'p') order by oid"
    with psycopg.connect(made_by_product) as product, psycopg.connect(url, autocommit=True) as capture:
        defined = [one for (one,) in product.execute(asked, (schema,)).fetchall()]
        assert defined, f"the product has created no function in the schema {schema}"
        # One may name another that comes later.
        capture.execute("set check_function_bodies = off")
        triggers = product.execute(_TRIGGERS, (schema,)).fetchall()
        for one in (*defined, *(trigger for (trigger,) in triggers)):
            capture.execute(one.encode())


def lend_procrastinate(url: str) -> None:
    """Create the functions of the Procrastinate that is installed here in the schema of a capture that holds none."""
    with psycopg.connect(url, autocommit=True) as capture:
        found = capture.execute(_LACKING).fetchone()
        if found is None:
            return
        (schema,) = found
        name = f"{urlsplit(url).path.lstrip('/')}_lender"
        capture.execute(f'create database "{name}"'.encode())
        made = urlsplit(url)._replace(path=f"/{name}").geturl()
        with psycopg.connect(made, autocommit=True) as product:
            product.execute(f"create schema if not exists {schema}".encode())
            product.execute(f"set search_path = {schema}".encode())
            product.execute(SchemaManager.get_schema().encode())
        lend_functions(made, url, schema)
        capture.execute(f'drop database "{name}"'.encode())
