"""Reads the rows of a mapped table by their description."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, CursorResult, select

from queuetui.backends.foreign.mapped.description import describe
from queuetui.backends.foreign.mapped.products import read_shipped
from queuetui.backends.foreign.mapped.shape import Mapping
from queuetui.backends.sql.catalog import Catalog, read_catalog
from queuetui.backends.sql.console_connection import open_database
from queuetui.backends.tables.product import LockedRow, Product, RowPlace
from queuetui.backends.tables.source import NO_STATE, STATES, Moment, ReadRow, Source
from queuetui.backends.tables.stuck_rows import is_stuck
from queuetui.model.act import JobRef, Verb
from queuetui.model.job import Job
from queuetui.model.limits import Limits
from queuetui.model.state import State
from queuetui.model.text import Untrusted


@dataclass(frozen=True)
class Seen:
    """A row of the table: its state, whether it is stuck, and its fields as the filter language names them."""

    state: State | None
    stuck: bool
    fields: dict[str, Any]
    texts: dict[str, Any]


@contextmanager
def connected(url: str, *, writes: bool = False) -> Iterator[Connection]:
    """Open a connection of a console."""
    database = open_database(url, 5, 5)
    try:
        with database.writing("a test") if writes else database.reading("a test") as connection:
            yield connection
    finally:
        database.close()


def catalog_of(url: str) -> Catalog:
    """Return the catalog of a database."""
    with connected(url) as connection:
        return read_catalog(connection)


def product_of(url: str, mapping: Mapping | str, way: str = "") -> Product:
    """Return the description of a table by a mapping, or by the shipped one of a kind."""
    read = read_shipped(mapping) if isinstance(mapping, str) else mapping
    return describe(read, catalog_of(url), "mapped", way)


def see(url: str, product: Product, now: datetime, limits: Limits | None = None) -> dict[str, Seen]:
    """Return every row by its id."""
    (source,) = product.sources
    moment = Moment(now, limits or Limits())
    with connected(url) as connection:
        return {_id(source, record): _seen(source, dict(record)) for record in _read(connection, source, moment)}


def _id(source: Source, record: Any) -> str:
    return str(source.fields["id"].codec.from_store(record["field_id"]))


def _read(connection: Connection, source: Source, moment: Moment) -> list[Any]:
    columns: list[Any] = [source.state(moment).label("state"), is_stuck(source, moment).label("stuck")]
    columns += [one.at.label(f"field_{name}") for name, one in source.fields.items()]
    columns += [at.label(f"rev_{n}") for n, at in enumerate(source.rev)]
    columns += [at.label(f"text_{name}") for name, at in source.texts.items()]
    return list(connection.execute(select(*columns).select_from(source.rows)).mappings())


def _seen(source: Source, record: dict[str, Any]) -> Seen:
    rank = record["state"]
    fields = {name: one.codec.from_store(record[f"field_{name}"]) for name, one in source.fields.items()}
    texts = {name: record[f"text_{name}"] for name in source.texts}
    return Seen(None if rank == NO_STATE else STATES[rank], bool(record["stuck"]), fields, texts)


def act(url: str, product: Product, verb: Verb, job_id: str, now: datetime) -> int:
    """Do what a verb is declared to do to a row in the state that it is in; return how many rows were changed, -1 where nothing is."""
    (source,) = product.sources
    moment = Moment(now, Limits())
    with connected(url, writes=True) as connection:
        records = _read(connection, source, moment)
        record = next(one for one in records if _id(source, one) == job_id)
        seen = _seen(source, dict(record))
        changes = [one for one in product.changes_for(verb, source) if seen.state in one.states]
        if not changes or (changes[0].only_stuck and not seen.stuck):
            return -1
        assert len(changes) == 1
        assert seen.state is not None
        job = Job(JobRef("", job_id, ""), Untrusted(""), Untrusted(""), seen.state, Untrusted(""))
        locked = LockedRow(source, RowPlace(source.name, (record["field_id"],)), record, ReadRow(), job, moment, {})
        statements = changes[0].write(locked)
        result: CursorResult[Any] = connection.execute(next(statements))
        return result.rowcount
