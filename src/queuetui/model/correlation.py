"""The correlation id that ties together all work done for one cause."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_CURRENT: ContextVar[str | None] = ContextVar("queuetui_correlation_id", default=None)


def current_correlation_id() -> str | None:
    """Return the id that jobs enqueued here and now inherit."""
    return _CURRENT.get()


@contextmanager
def correlated(correlation_id: str | None) -> Iterator[None]:
    """Bind an id to everything enqueued within, in this thread or task."""
    token = _CURRENT.set(correlation_id)
    try:
        yield
    finally:
        _CURRENT.reset(token)
