"""Captures of RQ and Sidekiq, each in an empty database."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.backends.captures import FIXTURES, Capture
from tests.captures.stores import STORES


def _load(kind: str, folder: str, url: str) -> Capture:
    STORES["keys.jsonl"].load(FIXTURES / folder / "keys.jsonl", url)
    return Capture(kind, url, json.loads((FIXTURES / folder / "truth.json").read_text(encoding="utf-8")))


@pytest.fixture(params=["rq-1.16", "rq-2", "rq-3"])
def rq_capture(request: pytest.FixtureRequest, redis_url: str) -> Iterator[Capture]:
    """Every capture of RQ in turn."""
    loaded = _load("rq", request.param, redis_url)
    yield loaded
    loaded.close()


@pytest.fixture
def sidekiq_capture(redis_url: str) -> Iterator[Capture]:
    """The capture of Sidekiq."""
    loaded = _load("sidekiq", "sidekiq-6", redis_url)
    yield loaded
    loaded.close()
