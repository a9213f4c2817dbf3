"""A queue on each store."""

from __future__ import annotations

import pytest

from tests.engine.conftest import MEMORY, URL_FIXTURES, queue, queue_url

__all__ = ["queue", "queue_url", "store_kind"]


@pytest.fixture(params=[MEMORY, *URL_FIXTURES])
def store_kind(request: pytest.FixtureRequest) -> str:
    """Each kind of store in turn."""
    return str(request.param)
