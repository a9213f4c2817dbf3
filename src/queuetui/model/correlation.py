"""The cause of enqueued jobs: the correlation id that joins them, and the fields that they inherit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar, Token
from dataclasses import dataclass, field
from typing import Protocol

from queuetui.model.inheritance import read_trace
from queuetui.model.names import read_text


class Cause(Protocol):
    """A run, or a part of a program: what is enqueued within it inherits its id and its fields."""

    @property
    def correlation_id(self) -> str | None:
        """The correlation id, None where each job is its own cause."""
        ...

    @property
    def bound(self) -> Mapping[str, object]:
        """The fields that are bound now."""
        ...


@dataclass(frozen=True, slots=True)
class NamedCause:
    """A cause that a program has named; `trace` is the W3C trace context that it came with."""

    correlation_id: str | None
    bound: Mapping[str, object] = field(default_factory=dict)
    trace: Mapping[str, str] = field(default_factory=dict)


_CURRENT: ContextVar[Cause | None] = ContextVar("queuetui_cause", default=None)


def current_cause() -> Cause | None:
    """Return the cause of jobs that are enqueued here and now."""
    return _CURRENT.get()


def current_correlation_id() -> str | None:
    """Return the id that jobs enqueued here and now inherit."""
    cause = _CURRENT.get()
    return None if cause is None else cause.correlation_id


def bind_cause(cause: Cause) -> Token[Cause | None]:
    """Make this the cause of everything enqueued from here on in this thread or task."""
    return _CURRENT.set(cause)


def unbind_cause(token: Token[Cause | None]) -> None:
    """Restore the cause before."""
    _CURRENT.reset(token)


@contextmanager
def correlated(correlation_id: str | None, trace: Mapping[str, str] | None = None) -> Iterator[None]:
    """Bind an id to everything enqueued within, in this thread or task; the fields of a run go on.

    `trace` has the headers that a request came with, of which those of W3C trace context are kept; without them an outer
    block's go on, and a span that is open here goes first. Raises TypeError or ValueError for what is no text.
    """
    named = None if correlation_id is None else read_text(correlation_id, "the correlation id")
    outer = _CURRENT.get()
    found = read_trace(trace) if trace else {}
    if not found and isinstance(outer, NamedCause):
        found = outer.trace
    token = bind_cause(NamedCause(named, {} if outer is None else outer.bound, found))
    try:
        yield
    finally:
        unbind_cause(token)
