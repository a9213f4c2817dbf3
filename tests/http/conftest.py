"""Servers on real stores."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.http.stage import HttpStage, serving_native


@pytest.fixture
def stage(migrated_sqlite_url: str, tmp_path: Path) -> Iterator[HttpStage]:
    """A server on an SQLite file with no job in it, open to this machine."""
    with serving_native(migrated_sqlite_url, tmp_path) as running:
        yield running


@pytest.fixture(params=["sqlite", "postgres", "mysql", "redis"])
def each_stage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[HttpStage]:
    """A server on an empty queue in each kind of store."""
    kind = request.param
    url = request.getfixturevalue("redis_url" if kind == "redis" else f"migrated_{kind}_url")
    with serving_native(url, tmp_path) as running:
        yield running
