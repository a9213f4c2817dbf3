"""A queue on each store."""

from __future__ import annotations

from tests.engine.conftest import queue, queue_url

__all__ = ["queue", "queue_url"]
