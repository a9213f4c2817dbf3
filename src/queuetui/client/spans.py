"""Makes a span for each enqueue if the program uses OpenTelemetry; the spans of runs link to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from queuetui.client.inherited import inherited_from, open_span
from queuetui.engine.spans import harmless, opened_span
from queuetui.model.correlation import NamedCause, current_cause
from queuetui.model.inheritance import write_inheritance
from queuetui.model.job import Enqueued, NewJob

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.trace import Tracer

Store = Callable[[Sequence[NewJob]], Sequence[Enqueued]]


def enqueue_traced(tracer: Tracer, make: Callable[[], Sequence[NewJob]], store: Store) -> Sequence[Enqueued]:
    """Make and store jobs within a new span.

    A job that was made earlier, within another span, stays linked to that span.
    """
    from opentelemetry.trace import SpanKind

    outer = inherited_from(current_cause())
    with opened_span(tracer, "enqueue", context=_parent_context(), kind=SpanKind.PRODUCER) as span:
        jobs = _with_open_span(make(), outer)
        with harmless("tell what is enqueued"):
            span.set_attributes(_attributes(jobs))
            if len(jobs) == 1:
                span.update_name(f"enqueue {jobs[0].type}")
        stored = store(jobs)
        with harmless("tell what was enqueued"):
            span.set_attribute("queuetui.jobs.created", sum(one.created for one in stored))
        return stored


def _parent_context() -> Context | None:
    """Return the parent of the span: None for the open span, else the request that the program has named."""
    from opentelemetry.trace import get_current_span
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    cause = current_cause()
    if get_current_span().get_span_context().is_valid or not isinstance(cause, NamedCause):
        return None
    return TraceContextTextMapPropagator().extract(dict(cause.trace))


def _with_open_span(jobs: Sequence[NewJob], outer: str | None) -> list[NewJob]:
    """Return the jobs with the open span in their inherited context, except those made in another span."""
    alone, inner = write_inheritance({}, open_span()), inherited_from(current_cause())
    led = {None: alone, outer: inner if outer is not None else alone}
    return [job._replace(context=led.get(job.context, job.context)) for job in jobs]


def _attributes(jobs: Sequence[NewJob]) -> dict[str, str | int]:
    """Return the attributes of a producer's span in OpenTelemetry's conventions for messaging."""
    attributes: dict[str, str | int] = {
        "messaging.system": "queuetui",
        "messaging.operation.name": "enqueue",
        "messaging.operation.type": "send",
    }
    queues = {job.queue for job in jobs}
    if len(queues) == 1:
        attributes["messaging.destination.name"] = queues.pop()
    if len(jobs) != 1:
        return attributes | {"messaging.batch.message_count": len(jobs)}
    (job,) = jobs
    return attributes | {
        "messaging.message.id": job.id,
        "messaging.message.conversation_id": job.correlation_id or job.id,
        "messaging.message.body.size": len(job.payload),
        "queuetui.job.type": job.type,
    }
