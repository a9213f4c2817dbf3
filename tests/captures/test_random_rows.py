"""What holds for every description of rows, whatever they hold: one state each, and what is read is what is counted."""

from __future__ import annotations

import random
import re
from datetime import timedelta
from typing import Any, cast

from sqlalchemy import Integer, func, select, true
from sqlalchemy import cast as as_type

from queuetui.backends.search import Search
from queuetui.backends.sql.catalog import StoredColumn, StoredTable, read_catalog
from queuetui.backends.tables.inspector import TablesInspector
from queuetui.backends.tables.source import Moment, Source
from queuetui.model.job import Job
from queuetui.model.limits import Limits
from queuetui.model.query_parser import parse_query
from queuetui.model.snapshot import Watch
from tests.backends.captures import Capture, query, query_each

CORE = "tables"
ROWS = 300
# How names are quoted, and rows with ids of their own inserted past foreign keys but for those whose key is there.
_WRITES = {
    "postgresql": (
        '"',
        "set session_replication_role = replica; insert",
        "overriding system value values",
        "on conflict do nothing",
    ),
    "mysql": ("`", "set statement foreign_key_checks = 0 for insert ignore", "values", ""),
    "sqlite": ('"', "insert or ignore", "values", ""),
}
# Columns that the database itself makes of others.
_MADE = "select attname from pg_attribute where attrelid = '{written}'::regclass and attgenerated <> ''"
# A partition has those of its table, and may have some of its own.
_CHECKS = (
    "select conrelid::regclass::text, conname from pg_constraint where contype in ('c', 'f') and coninhcount = 0 and "
    "(conrelid = '{written}'::regclass or conrelid in (select inhrelid from pg_inherits where inhparent = '{written}'::regclass))"
)


def _inspector(capture: Capture, after_s: float = 1) -> TablesInspector:
    return cast("TablesInspector", capture.open(after_s).inspector)


def test_every_row_is_in_exactly_one_state(fresh: Capture) -> None:
    """Whatever values a table lets its columns have, NULL included, exactly one rule of the description holds for a row."""
    inspector = _inspector(fresh)
    for source in inspector.product.sources:
        _add_random_rows(fresh, inspector, source)
        moment = Moment(fresh.captured_at, Limits())
        holding = [func.coalesce(as_type(rule(moment), Integer), 0) for rule in source.states.values()]
        total = sum(holding[1:], holding[0])
        with inspector.database.reading("counting states") as connection:
            rows = select(total, func.count()).select_from(source.rows).where(source.shown(true()))
            found = connection.execute(rows.group_by(total)).all()
        assert [rules for rules, _ in found] == [1]
        assert found[0][1] > ROWS / 6


def _add_random_rows(capture: Capture, inspector: TablesInspector, source: Source) -> None:
    with inspector.database.reading("reading the catalog") as connection:
        catalog = read_catalog(connection)
    rows: Any = source.table
    table = catalog.find(f"{rows.schema}.{rows.name}" if rows.schema else rows.name)
    assert table is not None
    chance = random.Random(9)
    quote, insert, values, last = _WRITES[catalog.dialect]
    written = ".".join(f"{quote}{part}{quote}" for part in (table.schema, table.name) if part)
    texts = [
        name
        for name, column in table.columns.items()
        if _kind(column) == "text" and not table.is_unique(frozenset({name})) and name not in _of_texts_alone(table)
    ]
    chosen = [f"select distinct {quote}{name}{quote} from {written}" for name in texts]
    known = {
        name: [_quote(str(value), catalog.dialect) for (value,) in values if value is not None]
        for name, values in zip(texts, query_each(capture.url, chosen), strict=True)
    }
    for name in (one for one, column in table.columns.items() if _kind(column) == "blob"):
        known[name] = [
            f"x'{value.hex()}'" for (value,) in query(capture.url, f"select {quote}{name}{quote} from {written}")
        ]
    made = query(capture.url, _MADE.format(written=written)) if catalog.dialect == "postgresql" else []
    columns = {name: column for name, column in table.columns.items() if (name,) not in made}
    names = ", ".join(f"{quote}{name}{quote}" for name in columns)
    each = [
        ", ".join(
            _value(chance, column, capture, known.get(name), is_unique=table.is_unique(frozenset({name})))
            for name, column in columns.items()
        )
        for _ in range(ROWS)
    ]
    if catalog.dialect == "postgresql":
        # What a table forbids today its next version may allow; a row may outlive what it refers to.
        checks = query(capture.url, _CHECKS.format(written=written))
        drops = [f'alter table {place} drop constraint "{check}"' for place, check in checks]
        query_each(capture.url, drops)
    query(capture.url, f"{insert} into {written} ({names}) {values} ({'), ('.join(each)}) {last}")


def _of_texts_alone(table: StoredTable) -> set[str]:
    """Return the last column of each unique index that has texts alone: of known ones there are few that differ."""
    unique = [index.columns for index in table.indexes if index.is_unique]
    return {names[-1] for names in unique if all(_kind(table.columns[name]) == "text" for name in names)}


def _quote(text: str, dialect: str) -> str:
    written = text.replace("'", "''")
    return f"'{written.replace(chr(92), chr(92) * 2) if dialect == 'mysql' else written}'"


def _kind(column: StoredColumn) -> str:
    """Return the kind of a column's type, as PostgreSQL calls it."""
    words = column.stored.lower()
    if re.match(r"(big|small|tiny|medium)?int(eger)?\b", words):
        return "integer"
    if words == "longtext":
        # MariaDB's JSON.
        return "jsonb"
    return "text" if re.fullmatch(r".*(text|char)[^\[\]]*", words) else words


def _value(
    chance: random.Random, column: StoredColumn, capture: Capture, known: list[str] | None, *, is_unique: bool
) -> str:
    if column.nullable and chance.random() < 0.4:
        return "NULL"
    if column.labels is not None:
        return f"'{chance.choice(column.labels)}'"
    at = capture.captured_at + timedelta(seconds=chance.choice((-100_000, -1, 0, 1, 100_000)))
    kinds = {
        "uuid": f"'{chance.getrandbits(128):032x}'",
        **dict.fromkeys(("boolean", "bool"), chance.choice(("true", "false"))),
        "interval": f"'{chance.randrange(5000)} seconds'",
        "json": chance.choice(("'{}'", "'null'", "'[1]'", "'\"text\"'")),
        "jsonb": chance.choice(("'{}'", "'null'", "'[1]'", "'\"text\"'")),
        "integer": str(chance.randrange(10**6) if is_unique else chance.choice((0, 1, 2, 90))),
        # A store that holds no job tells no text to choose from.
        "text": chance.choice(known) if known else "NULL" if column.nullable else f"'{chance.getrandbits(64):x}'",
        "bit": "b'10000000'",
        **dict.fromkeys(("text[]", "character varying[]"), chance.choice(("'{}'", "'{a,\"b c\"}'", "'{NULL}'"))),
        "jsonb[]": chance.choice(("'{}'", "'{null}'", '\'{"[1]","{}"}\'')),
        "real": chance.choice(("0.0", "-1.5", "1e12", str(at.timestamp()))),
        "blob": chance.choice(known or ["x''", "x'00ff'", "x'80054e2e'"]),
        "bytea": chance.choice(("''", "'\\x7b7d'", "'\\x00ff'")),
    }
    if column.stored.startswith("datetime"):
        return f"'{at:%Y-%m-%d %H:%M:%S}'"
    if known is None and _kind(column) == "text":
        return f"'{chance.getrandbits(64):x}'"
    return f"'{at.isoformat()}'" if column.stored.startswith("timestamp") else kinds[_kind(column)]


def test_random_rows_are_read_and_filtered_alike(fresh: Capture) -> None:
    """Rows of any content fail no page, and what a state's filter lists is what the counts say."""
    inspector = _inspector(fresh, 5000)
    for source in inspector.product.sources:
        _add_random_rows(fresh, inspector, source)
    counts = inspector.snapshot(Watch(exact=True))
    assert counts.problems == {}
    for state in inspector.capabilities.keeps:
        jobs = _find_all(inspector, f"state:{state}")
        assert (len(jobs), {job.state for job in jobs} - {state}) == (counts.counts[state].value, set())
    stuck = _find_all(inspector, "is:stuck")
    assert len(stuck) == counts.stuck.value
    assert all(job.lease_until is None or job.lease_until < counts.now for job in stuck)


def _find_all(inspector: TablesInspector, text: str) -> list[Job]:
    """Return what a filter lists, over as many pages as the time of one page makes of it."""
    return list(Search(inspector, parse_query(text), Limits()).jobs(10_000))
