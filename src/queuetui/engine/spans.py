"""A span for each run, where the program has set up OpenTelemetry; nothing at all where it has not."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import inf
from typing import TYPE_CHECKING, Any

from queuetui.engine.context import CancelCause
from queuetui.engine.logs import say
from queuetui.engine.outcome import describe_error
from queuetui.model.inheritance import read_inheritance
from queuetui.model.job import Ending

if TYPE_CHECKING:
    from opentelemetry.trace import Link, Span, Tracer

    from queuetui.engine.held import Run
    from queuetui.model.job import Settlement

TRACER = "queuetui"
BELIEVED_S = 1.0
LOGGER = logging.getLogger("queuetui.spans")
_ERRORS = frozenset({Ending.RETRY, Ending.FAILED, Ending.LOST})
# What the handler still says then is refused.
_REFUSED = frozenset({CancelCause.TIMEOUT, CancelCause.LEASE_LOST})


@contextmanager
def harmless(doing: str) -> Iterator[None]:
    """Tell in the log what the application's sampler, processors and exporters raise.

    It ends nothing that is observed.
    """
    try:
        yield
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever it is, the job is not to pay for it
        _warn(doing, error)


def _warn(doing: str, error: BaseException) -> None:
    raised = describe_error(error)
    told = (
        f"OpenTelemetry could not {doing}: {raised.class_name}: {raised.message}; "
        "the jobs go on without; look at the tracer provider that this program sets up"
    )
    say(LOGGER, logging.WARNING, told)


class Tracers:
    """Finds who makes spans in this process.

    That nobody has been set up is believed for a second: every run and every enqueue asks, also where only a library has
    loaded OpenTelemetry, as the driver of Redis does.
    """

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._nobody_until_s = -inf

    def find(self) -> Tracer | None:
        """Return who makes spans, None where no program has set that up."""
        if "opentelemetry.trace" not in sys.modules:
            return None
        now_s = self._now_s()
        if now_s < self._nobody_until_s:
            return None
        # An import, as another thread may be importing it at this moment.
        from opentelemetry.trace import ProxyTracerProvider, get_tracer_provider

        try:
            provider = get_tracer_provider()
            if type(provider) is ProxyTracerProvider:
                self._nobody_until_s = now_s + BELIEVED_S
                return None
            tracer: Tracer = provider.get_tracer(TRACER)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - as above
            _warn("give a tracer", error)
            return None
        return tracer


@contextmanager
def opened_span(tracer: Tracer, name: str, **given: Any) -> Iterator[Span]:  # noqa: ANN401 - as the tracer takes it
    """Have a span open.

    Where it cannot be started, the one around it stays open and what is told goes nowhere.
    """
    from opentelemetry.context import attach, detach
    from opentelemetry.trace import INVALID_SPAN, Status, StatusCode, set_span_in_context

    span: Span = INVALID_SPAN
    token = None
    with harmless("start a span"):
        span = tracer.start_span(name, **given)
        token = attach(set_span_in_context(span))
    try:
        yield span
    except Exception as error:
        with harmless("tell of an error"):
            span.record_exception(error)
            span.set_status(Status(StatusCode.ERROR, f"{type(error).__name__}: {error}"))
        raise
    finally:
        if token is not None:
            detach(token)
        with harmless("end a span"):
            span.end()


def traced(tracer: Tracer, run: Run, perform: Callable[[Run], Settlement]) -> Settlement:
    """Perform a run within a span of its own, linked to the span that enqueued the job."""
    from opentelemetry.context import Context
    from opentelemetry.trace import SpanKind

    with opened_span(
        tracer,
        run.job.type,
        context=Context(),
        kind=SpanKind.CONSUMER,
        attributes=_attributes(run),
        links=_enqueued_by(run),
    ) as span:
        settlement = perform(run)
        with harmless("tell how a run ended"):
            if span.is_recording():
                _tell_ending(span, run, settlement)
        return settlement


def flush_spans() -> None:
    """Send what is still held back, before this process ends without Python's own end."""
    if "opentelemetry.trace" in sys.modules:
        from opentelemetry.trace import get_tracer_provider

        with harmless("send the last spans"):
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
