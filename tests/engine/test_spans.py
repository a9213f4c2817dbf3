"""Spans of runs, by OpenTelemetry's own SDK."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from queuetui.client import Queue
from queuetui.engine.spans import tracer_of_now
from tests.engine.conftest import StartWorker
from tests.engine.working import declare_handler


@pytest.fixture
def exporter(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    """What is exported while a program has set OpenTelemetry up."""
    kept = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(kept))
    # It can be set once in a process only.
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", provider)
    yield kept
    provider.shutdown()


def by_name(exporter: InMemorySpanExporter) -> Mapping[str, ReadableSpan]:
    """Return the finished spans."""
    return {span.name: span for span in exporter.get_finished_spans()}


def links_of(span: ReadableSpan) -> list[int]:
    """Return the ids of the spans that one is linked to."""
    return [link.context.span_id for link in span.links]


def id_of(span: ReadableSpan) -> int:
    """Return a span's own id."""
    context = span.context
    assert context is not None
    span_id: int = context.span_id
    return span_id


def test_a_run_has_a_span_that_is_linked_to_who_enqueued_it(
    queue: Queue, start_worker: StartWorker, exporter: InMemorySpanExporter
) -> None:
    """Each run is a trace of its own; the links lead from a job to the run or request that enqueued it, on the loop too."""

    async def fetch(payload: object) -> None:
        trace.get_current_span().set_attribute("shop", "North")

    child = declare_handler(fetch)

    def order(payload: object) -> None:
        queue.enqueue(child, queue="sync")

    parent = declare_handler(order)
    with trace.get_tracer("web").start_as_current_span("request"):
        job = queue.enqueue(parent, {"sku": 1}, correlation_id="order-7")
    start_worker(burst=True).wait()
    spans = by_name(exporter)
    assert links_of(spans[parent]) == [id_of(spans["request"])]
    assert links_of(spans[child]) == [id_of(spans[parent])]
    assert (spans[parent].parent, spans[child].parent) == (None, None)
    assert {spans[parent].kind, spans[child].kind} == {SpanKind.CONSUMER}
    told = spans[parent].attributes or {}
    assert {name: told[name] for name in told if name.startswith("messaging.") and "client" not in name} == {
        "messaging.system": "queuetui",
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "messaging.destination.name": "default",
        "messaging.message.id": job.id,
        "messaging.message.conversation_id": "order-7",
        "messaging.message.body.size": 9,
    }
    assert (told["queuetui.job.attempt"], told["queuetui.job.ending"]) == (1, "completed")
    assert (spans[child].attributes or {})["shop"] == "North"
    assert spans[parent].status.status_code is StatusCode.UNSET


def test_a_span_tells_how_its_run_failed(
    queue: Queue, start_worker: StartWorker, exporter: InMemorySpanExporter
) -> None:
    """A failed run is an error with its class, message and traceback, whatever was raised; a job put off is none."""

    def broken(payload: object) -> None:
        raise ValueError("no such shop")

    def leaving(payload: object) -> None:
        raise SystemExit(3)

    types = [declare_handler(broken), declare_handler(leaving), "test.unknown"]
    for job_type in types:
        queue.enqueue(job_type, max_attempts=1)
    start_worker(burst=True, unknown_after_s=0).wait()
    spans = by_name(exporter)
    failed, left, unknown = (spans[job_type] for job_type in types)
    assert (failed.status.status_code, failed.status.description) == (StatusCode.ERROR, "no such shop")
    assert (failed.attributes or {})["error.type"] == "ValueError"
    (event,) = failed.events
    assert (event.attributes or {})["exception.message"] == "no such shop"
    assert "in broken" in str((event.attributes or {})["exception.stacktrace"])
    assert (left.attributes or {})["error.type"] == "SystemExit"
    assert (unknown.attributes or {})["queuetui.job.ending"] == "snoozed"
    assert not any(links_of(span) for span in spans.values())


def test_without_a_provider_nothing_is_traced(queue: Queue) -> None:
    """A program that has loaded OpenTelemetry and not set it up has no spans, and its jobs hold nothing of any."""
    assert tracer_of_now() is None
    assert Queue.new("Send").context is None
