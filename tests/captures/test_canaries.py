"""Payloads that harm who evaluates them, in whatever may hold one: nothing runs, memory stays bounded, each job is still listed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import Column
from sqlalchemy.sql.visitors import iterate as walk

from queuetui.backends.backend import Backend
from queuetui.backends.base import BackendOptions
from queuetui.backends.sql.catalog import Catalog, StoredColumn, look_into
from queuetui.backends.tables.inspector import TablesInspector
from queuetui.backends.tables.source import Source
from queuetui.engine.meters import ProcessMeter, peak_bytes
from queuetui.model.errors import NotFound
from queuetui.model.limits import Limits
from queuetui.model.page import PageRequest
from queuetui.model.snapshot import Watch
from tests.backends.captures import Capture, query_each
from tests.captures import canaries
from tests.captures.conftest import Folder
from tests.captures.stores import redis_client

# A look may take so much beside what stands in the store: some of the largest payloads that are read whole.
_MOST_BYTES = 200 * 1024 * 1024
_OPENED_EACH = 3
# Several rows of a capture may be in what such an index holds.
_WITHOUT_PARTS = """
do $$ declare one regclass; begin
    for one in select indexrelid::regclass from pg_index where indisunique and indpred is not null loop
        execute format('drop index %s', one);
    end loop;
end $$
"""
# What a table forbids today its next version may allow.
_UNCHECKED = {
    "postgresql": (
        "set session_replication_role = replica",
        _WITHOUT_PARTS,
    ),
    "sqlite": ("pragma ignore_check_constraints = on",),
}
_LENGTH = re.compile(r"\((\d+)\)")
# How a canary is written, by dialect: as bytes, as text, as JSON, and which of so many rows get it.
_WRITES = {
    "postgresql": (
        r"'\x{0}'::bytea",
        r"convert_from('\x{0}', 'UTF8')",
        r"convert_from('\x{0}', 'UTF8')::json",
        "abs(hashtext(ctid::text))",
    ),
    "mysql": ("x'{0}'", "convert(x'{0}' using utf8mb4)", "convert(x'{0}' using utf8mb4)", "crc32(id)"),
    "sqlite": ("x'{0}'", "cast(x'{0}' as text)", "cast(x'{0}' as text)", "rowid"),
}


def test_canaries_are_shown_and_nothing_more(
    fresh: Capture, folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a program would run, what is huge once unpacked, what never ends: as many jobs are listed as before, and each is opened."""
    monkeypatch.chdir(tmp_path)
    before = fresh.open(1)
    jobs = len(_list(before))
    if folder.store.core == "tables":
        _put_in_columns(fresh, cast("TablesInspector", before.inspector))
    else:
        _put_in_keys(fresh.url)
    with _bounded():
        listed = _look_at_all(fresh.open(1))
    assert listed >= jobs
    assert list(tmp_path.iterdir()) == []


def _list(backend: Backend) -> Sequence[Any]:
    return backend.inspector.page(PageRequest(limit=1_000), Limits()).jobs


def _look_at_all(backend: Backend) -> int:
    """List and count all jobs and open some; return how many are listed."""
    jobs = _list(backend)
    snapshot = backend.inspector.snapshot(Watch(page=PageRequest(), exact=True))
    assert not snapshot.problems.keys() - {"keys"}, snapshot.problems
    for job in jobs[::_OPENED_EACH]:
        try:
            backend.inspector.view(job.ref.id, 10)
        except NotFound:
            # An id that a canary has taken is told by its place alone.
            continue
    return len(jobs)


@contextmanager
def _bounded() -> Iterator[None]:
    """Hold that what is done meanwhile takes no more memory than it may; what earlier tests took does not count."""
    # Its making sets the peak to what is in use now.
    ProcessMeter()
    before = peak_bytes()
    yield
    assert peak_bytes() - before < _MOST_BYTES


def _put_in_columns(capture: Capture, inspector: TablesInspector) -> None:
    """Write a canary into every column that is read for what it says, another one into each of the rows."""
    catalog = look_into(capture.url, BackendOptions())
    columns = {
        (one.table.schema, one.table.name, one.name): one
        for source in inspector.product.sources
        for one in _told_by(source)
    }
    statements = [
        statement for shift, one in enumerate(columns.values()) for statement in _updates(one, catalog, shift * 3)
    ]
    query_each(capture.url, [*_UNCHECKED.get(catalog.dialect, ()), *statements])


def _told_by(source: Source) -> Iterator[Column[Any]]:
    """Yield the columns whose content is shown and nothing else hangs on."""
    bare = [*(part.at for part in source.key), *(one.at for one in source.fields.values()), *source.rev]
    taken = {one for one in bare if isinstance(one, Column)}
    for told in (*source.texts.values(), *source.extra.values()):
        yield from (one for one in walk(told) if isinstance(one, Column) and one not in taken)


def _updates(column: Column[Any], catalog: Catalog, shift: int) -> Iterator[str]:
    table = catalog.find(f"{column.table.schema}.{column.table.name}" if column.table.schema else column.table.name)
    if table is None:
        # An alias, by which another row is read.
        return
    stored = table.columns[column.name]
    place = _place_of(stored)
    if place is None or table.is_unique(frozenset({column.name})):
        return
    written, by_row = _WRITES[catalog.dialect][place], _WRITES[catalog.dialect][-1]
    mark = "`" if catalog.dialect == "mysql" else '"'
    # The catalog of PostgreSQL does not tell how long a text of a limited length may be.
    usual = {"character varying": 60, "text": 60_000 if catalog.dialect == "mysql" else _MOST_BYTES}
    most = int(found[1]) if (found := _LENGTH.search(stored.stored)) else usual.get(stored.stored, _MOST_BYTES)
    some = [one for one in (canaries.BYTES, canaries.TEXTS, canaries.JSONS)[place] if len(one) <= most]
    where = ".".join(f"{mark}{part}{mark}" for part in (table.schema, table.name) if part)
    for number, one in enumerate(some):
        rows = f"({by_row} + {shift}) % {len(some)} = {number}"
        yield f"update {where} set {mark}{column.name}{mark} = {written.format(one.hex())} where {rows}"


def _place_of(stored: StoredColumn) -> int | None:
    """Return which canaries a column may hold, None for one that holds no payload."""
    words = stored.stored.lower()
    if stored.labels is not None or words.endswith("[]"):
        return None
    places = {0: ("bytea", "blob"), 2: ("json", "longtext"), 1: ("text", "char")}
    return next((place for place, names in places.items() if any(name in words for name in names)), None)


def _put_in_keys(url: str) -> None:
    """Put a canary into every value, and one more member into every list, set and sorted set."""
    known = [*canaries.BYTES, *canaries.TEXTS]
    with redis_client(url) as client:
        for number, key in enumerate(sorted(client.keys("*"))):
            kind = client.type(key)
            if kind == b"string":
                client.set(key, known[number % len(known)], keepttl=True)
            elif kind == b"hash":
                fields = client.hkeys(key)
                client.hset(key, mapping={name: known[(number + n) % len(known)] for n, name in enumerate(fields)})
            elif kind == b"list":
                client.rpush(key, *known)
            elif kind == b"set":
                client.sadd(key, *known)
            elif kind == b"zset":
                ((_, score),) = client.zrange(key, 0, 0, withscores=True)
                client.zadd(key, dict.fromkeys(known, score))
