"""Servers on real stores, which look for news as often as tests ask."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import uvicorn.server

from queuetui.http import live_sources
from queuetui.monitor import follower
from tests.http.stage import HttpStage, serving_native

OFTEN_S = 0.05
PAUSE_S = 0.005


@pytest.fixture(autouse=True)
def news_looked_for_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no test wait for the next look at a store: what is told is tested here, and no clock judges when."""
    monkeypatch.setattr(follower, "LOOK_EVERY_S", OFTEN_S)
    monkeypatch.setattr(live_sources, "COUNT_EVERY_S", OFTEN_S)


@pytest.fixture(autouse=True, scope="session")
def pauses_of_uvicorn_cut_short() -> Iterator[None]:
    """Have a server notice that it shall end, and that its last request is over, within moments."""

    async def sleep(_: float) -> None:
        await asyncio.sleep(PAUSE_S)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(uvicorn.server, "asyncio", SimpleNamespace(**{**vars(asyncio), "sleep": sleep}))
        yield


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
