"""The context that a new job inherits from the code that enqueues it: bound fields and the open span."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING

from queuetui.model.correlation import Cause, NamedCause
from queuetui.model.inheritance import TRACE_PARENT, TRACE_STATE, write_inheritance

if TYPE_CHECKING:
    from opentelemetry.trace import Span

# A program that makes spans has loaded this module.
TRACES = "opentelemetry.trace"
_NO_TRACE: Mapping[str, str] = {}


def inherited_from(cause: Cause | None) -> str | None:
    """Return the inherited context to store with a new job; None without bound fields and an open span."""
    fields = {} if cause is None else cause.bound
    trace = open_span() if TRACES in sys.modules else _NO_TRACE
    if not trace and isinstance(cause, NamedCause):
        trace = cause.trace
    return write_inheritance(fields, trace) if fields or trace else None


def open_span() -> Mapping[str, str]:
    """Return the open span as W3C trace context, empty if no span is open.

    Called only where the program has loaded OpenTelemetry; another program cannot have a span.
    """
    if not _span_reader()().get_span_context().is_valid:
        return _NO_TRACE
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    headers: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(headers)
    return {name: headers[name] for name in (TRACE_PARENT, TRACE_STATE) if name in headers}


@cache
def _span_reader() -> Callable[[], Span]:
    """Return the function that reads the open span, cached: an import at every enqueue would be slow."""
    # Imported, not read from sys.modules: another thread may be in the middle of importing it.
    from opentelemetry.trace import get_current_span

    return get_current_span
