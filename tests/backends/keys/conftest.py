"""Each capture in a server of its own keys."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.backends.captures import Capture
from tests.backends.keys.snapshots import FOLDERS, load_keys


@pytest.fixture(params=list(FOLDERS))
def capture(request: pytest.FixtureRequest, redis_url: str) -> Iterator[Capture]:
    """Every capture in turn, in an empty database."""
    loaded = load_keys(request.param, redis_url)
    yield loaded
    loaded.close()


@pytest.fixture(params=[folder for folder, kind in FOLDERS.items() if kind == "rq"])
def rq_capture(request: pytest.FixtureRequest, redis_url: str) -> Iterator[Capture]:
    """Every capture of RQ in turn."""
    loaded = load_keys(request.param, redis_url)
    yield loaded
    loaded.close()


@pytest.fixture
def sidekiq_capture(redis_url: str) -> Iterator[Capture]:
    """The capture of Sidekiq."""
    loaded = load_keys("sidekiq-6", redis_url)
    yield loaded
    loaded.close()
