"""A queue on the session's server, and the driver's own view of its keys."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import redis

from queuetui.backends.backend import NativeBackend
from tests.backends.native.redis.opening import open_queue


@pytest.fixture
def backend(redis_url: str) -> Iterator[NativeBackend]:
    """An empty queue that prunes what has ended at once."""
    kept = {f"native.keep_{name}": "0" for name in ("completed", "cancelled", "failed", "keys", "events")}
    opened = open_queue(redis_url, kept)
    yield opened
    opened.close()


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    """The driver itself on the same database."""
    with redis.Redis.from_url(redis_url, protocol=2) as opened:
        yield opened
