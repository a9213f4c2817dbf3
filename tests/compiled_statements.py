"""Plugin: a statement is compiled once a process for all engines of a kind, and not again for each that a test makes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.util import LRUCache

from queuetui.backends.sql import console_connection

# A compiled statement names no schema by itself, and the second is worked out of the kind when it is first asked for.
_NO_PART_OF_IT = frozenset({"default_schema_name", "_bind_typing_render_casts"})
_Plain = bool | int | str | tuple[object, ...] | None
_KEPT = 5000


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
        yield


def _is_alike(one: DefaultDialect, other: object) -> bool:
    return one is other or (type(one) is type(other) and _settings(one) == _settings(other))


def _hash_of_kind(dialect: DefaultDialect) -> int:
    return hash(type(dialect))


def _settings(dialect: object) -> dict[str, _Plain]:
    found = vars(dialect).items()
    return {
        name: value
        for name, value in found
        if isinstance(value, bool | int | str | tuple | None) and name not in _NO_PART_OF_IT
    }
