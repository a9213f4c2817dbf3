"""What a job that is enqueued here and now inherits."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING

from queuetui.model.correlation import Cause, NamedCause
from queuetui.model.inheritance import TRACE_PARENT, TRACE_STATE, write_inheritance

if TYPE_CHECKING:
    from opentelemetry.trace import Span

# Loaded by a program that has spans.
TRACES = "opentelemetry.trace"
_NO_TRACE: Mapping[str, str] = {}


def inherited_from(cause: Cause | None) -> str | None:
    """Return what is stored with a new job, None where nothing is bound and no span is open."""
    fields = {} if cause is None else cause.bound
    trace = open_span() if TRACES in sys.modules else _NO_TRACE
    if not trace and isinstance(cause, NamedCause):
        trace = cause.trace
    return write_inheritance(fields, trace) if fields or trace else None


def open_span() -> Mapping[str, str]:
    """Return the span that is open here as W3C trace context, nothing where there is none.

    Only asked where the program has loaded OpenTelemetry: one that has not has no span.
    """
    if not _reader_of_spans()().get_span_context().is_valid:
        return _NO_TRACE
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    headers: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(headers)
    return {name: headers[name] for name in (TRACE_PARENT, TRACE_STATE) if name in headers}


@cache
def _reader_of_spans() -> Callable[[], Span]:
    """Return what reads the open span; an import at every enqueue would be a good part of its price."""
    # An import, as another thread may be importing it at this moment.
    from opentelemetry.trace import get_current_span

    return get_current_span
