"""The correlation id that ties together all work done for one cause."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token

from queuetui.model.names import read_text

_CURRENT: ContextVar[str | None] = ContextVar("queuetui_correlation_id", default=None)


def current_correlation_id() -> str | None:
    """Return the id that jobs enqueued here and now inherit."""
    return _CURRENT.get()


def bind_correlation_id(correlation_id: str | None) -> Token[str | None]:
    """Bind an id to everything enqueued from here on, in this thread or task, until it is taken back."""
    return _CURRENT.set(correlation_id)


def unbind_correlation_id(token: Token[str | None]) -> None:
    """Take an id back."""
    _CURRENT.reset(token)


@contextmanager
def correlated(correlation_id: str | None) -> Iterator[None]:
    """Bind an id to everything enqueued within, in this thread or task.

    Raises TypeError or ValueError for what is no text.
    """
    token = bind_correlation_id(None if correlation_id is None else read_text(correlation_id, "the correlation id"))
    try:
        yield
    finally:
        unbind_correlation_id(token)
