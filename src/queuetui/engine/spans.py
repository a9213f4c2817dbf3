"""A span for each run, where the program has set up OpenTelemetry; nothing at all where it has not."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from queuetui.engine.context import CancelCause
from queuetui.model.inheritance import read_inheritance
from queuetui.model.job import Ending

if TYPE_CHECKING:
    from opentelemetry.trace import Link, Span, Tracer

    from queuetui.engine.held import Run
    from queuetui.model.job import Settlement

TRACER = "queuetui"
_ERRORS = frozenset({Ending.RETRY, Ending.FAILED, Ending.LOST})
# What the handler still says then is refused.
_REFUSED = frozenset({CancelCause.TIMEOUT, CancelCause.LEASE_LOST})


def tracer_of_now() -> Tracer | None:
    """Return who makes spans, None where no program has set that up in this process."""
    if "opentelemetry.trace" not in sys.modules:
        return None
    from opentelemetry.trace import ProxyTracerProvider, get_tracer_provider

    provider = get_tracer_provider()
    return None if isinstance(provider, ProxyTracerProvider) else provider.get_tracer(TRACER)


def traced(tracer: Tracer, run: Run, perform: Callable[[Run], Settlement]) -> Settlement:
    """Perform a run within a span of its own, linked to the span that enqueued the job."""
    from opentelemetry.context import Context
    from opentelemetry.trace import SpanKind

    with tracer.start_as_current_span(
        run.job.type,
        context=Context(),
        kind=SpanKind.CONSUMER,
        attributes=_attributes(run),
        links=_enqueued_by(run),
        record_exception=False,
        set_status_on_exception=False,
    ) as span:
        settlement = perform(run)
        if span.is_recording():
            _tell_ending(span, run, settlement)
        return settlement


def flush_spans() -> None:
    """Send what is still held back, before this process ends without Python's own end."""
    if "opentelemetry.trace" in sys.modules:
        from opentelemetry.trace import get_tracer_provider

        flush = getattr(get_tracer_provider(), "force_flush", None)
        if flush is not None:
            flush()


def _attributes(run: Run) -> dict[str, str | int]:
    """Return what the conventions for messaging ask of a consumer's span, and which attempt it is."""
    job, context = run.job, run.context
    return {
        "messaging.system": "queuetui",
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "messaging.destination.name": job.queue,
        "messaging.message.id": job.id,
        "messaging.message.conversation_id": context.correlation_id,
        "messaging.message.body.size": len(job.payload),
        "messaging.client.id": context.worker_id,
        "queuetui.job.type": job.type,
        "queuetui.job.attempt": context.attempt,
    }


def _enqueued_by(run: Run) -> list[Link]:
    from opentelemetry.trace import Link, get_current_span
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    trace = read_inheritance(run.job.context).trace
    there = get_current_span(TraceContextTextMapPropagator().extract(trace)).get_span_context() if trace else None
    return [Link(there)] if there is not None and there.is_valid else []


def _tell_ending(span: Span, run: Run, settlement: Settlement) -> None:
    from opentelemetry.trace import Status, StatusCode

    span.set_attribute("queuetui.job.ending", settlement.ending.value)
    cause, error = run.context.cancel_cause, settlement.error
    if cause in _REFUSED:
        span.set_attribute("error.type", cause.name.lower())
        span.set_status(Status(StatusCode.ERROR, cause.value))
    elif settlement.ending in _ERRORS:
        if error is not None:
            span.set_attribute("error.type", error.class_name)
            told = {"exception.type": error.class_name, "exception.message": error.message}
            span.add_event("exception", told | {"exception.stacktrace": error.traceback})
        span.set_status(Status(StatusCode.ERROR, None if error is None else error.message))
