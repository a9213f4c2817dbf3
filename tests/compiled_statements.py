"""Plugin: a statement is compiled once a process for all engines of a kind, and not again for each that a test makes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

import pytest
from psycopg import _queries
from sqlalchemy import Column, Engine, Table, create_engine
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.sql.cache_key import NO_CACHE
from sqlalchemy.util import LRUCache

from queuetui.backends.sql import console_connection
from queuetui.backends.tables import changes, conditions, counts, rows
from queuetui.backends.tables.source import Moment, Source
from queuetui.backends.tables.stuck_rows import is_stuck

# A compiled statement names no schema by itself, and the second is worked out of the kind when it is first asked for.
_NO_PART_OF_IT = frozenset({"default_schema_name", "_bind_typing_render_casts"})
_Plain = bool | int | str | tuple[object, ...] | None
_KEPT = 5000
_ALIKE = "alike"
_KEY_OF_TABLE = Table._gen_cache_key


@pytest.fixture(scope="session", autouse=True)
def statements_compiled_once() -> Iterator[None]:
    """Share what was compiled between engines whose dialects are alike: the same driver, version of the server and settings."""
    compiled: LRUCache[Any, Any] = LRUCache(_KEPT)

    def create_sharing_engine(*given: Any, **settings: Any) -> Engine:
        engine = create_engine(*given, **settings)
        engine._compiled_cache = compiled
        return engine

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(console_connection, "create_engine", create_sharing_engine)
        patch.setattr(DefaultDialect, "__eq__", _is_alike)
        patch.setattr(DefaultDialect, "__hash__", _hash_of_kind)
        patch.setattr(Table, "_gen_cache_key", _key_by_columns)
        patch.setattr(Source, "state", _kept_for_a_moment(Source.state))
        for module in (changes, conditions, counts, rows):
            patch.setattr(module, "is_stuck", _kept_for_a_moment(is_stuck))
        # Of the parameters of a short statement alone psycopg remembers where they stand.
        patch.setattr(_queries, "_query2pg_nocache", lru_cache(_KEPT)(_queries._query2pg_nocache))
        yield


@pytest.fixture
def forgotten_joins_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have each statement of a console looked through for tables that it forgot to join, which the product does not pay for."""
    monkeypatch.setitem(console_connection._POOL, "enable_from_linting", True)


def _kept_for_a_moment(make: Callable[[Source, Moment], Any]) -> Callable[[Source, Moment], Any]:
    """Keep what is made of a source for one moment: the time of captures stands still, while a console's goes on."""
    place = f"kept {make.__name__}"

    def made(source: Source, moment: Moment) -> Any:
        known = vars(source).get(place)
        if known is None or known[0] != moment:
            known = vars(source)[place] = (moment, make(source, moment))
        return known[1]

    return made


def _is_alike(one: DefaultDialect, other: object) -> bool:
    return one is other or (type(one) is type(other) and _settings(one) == _settings(other))


def _key_by_columns(table: Table, anon_map: Any, bindparams: Any) -> tuple[object, ...]:
    """Return what a table is to a statement: each backend describes the same tables anew."""
    key = _KEY_OF_TABLE(table, anon_map, bindparams)
    if _ALIKE not in table.info:
        table.info[_ALIKE] = _described(table)
    return (table.info[_ALIKE] or table, *key[1:])


def _described(table: Table) -> tuple[object, ...] | None:
    """Return a table's names and types, None where it has more than these."""
    columns = [_described_column(one) for one in table.columns]
    return None if None in columns else (Table, table.schema, table.name, *columns)


def _described_column(one: Column[Any]) -> tuple[object, ...] | None:
    kind = one.type._static_cache_key
    if kind is NO_CACHE or one.default or one.server_default or one.onupdate or one.computed or one.identity:
        return None
    return one.key, one.name, kind, one.primary_key, one.nullable


def _hash_of_kind(dialect: DefaultDialect) -> int:
    return hash(type(dialect))


def _settings(dialect: object) -> dict[str, _Plain]:
    found = vars(dialect).items()
    return {
        name: value
        for name, value in found
        if isinstance(value, bool | int | str | tuple | None) and name not in _NO_PART_OF_IT
    }
