"""The channel of PostgreSQL that a table's trigger notifies, as the trigger's own function has it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Table, Text, func, text

_FOUND = text(
    "SELECT substring(f.prosrc FROM 'pg_notify\\(\\s*''([^'']+)''') FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_proc f "
    "ON f.oid = t.tgfoid WHERE t.tgrelid = to_regclass(:of) AND f.prosrc LIKE '%pg\\_notify%' LIMIT 1"
)


def channel_of(table: Table, usual: str) -> ColumnElement[Any]:
    """Return the channel's name, the usual one where no trigger tells it."""
    quoted = ".".join('"{}"'.format(part.replace('"', '""')) for part in (table.schema, table.name) if part)
    return func.coalesce(_FOUND.bindparams(of=quoted).columns(channel=Text).scalar_subquery(), usual)
