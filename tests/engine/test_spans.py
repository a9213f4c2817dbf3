"""Spans of runs, by OpenTelemetry's own SDK."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from textwrap import dedent

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from queuetui.client import Queue
from queuetui.engine.spans import Tracers
from queuetui.model.correlation import correlated
from queuetui.model.inheritance import read_inheritance
from queuetui.model.state import State
from tests.engine.conftest import StartWorker
from tests.engine.processes import Place
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


def enqueued_in(queue: Queue, job_id: str) -> int:
    """Return the id of the span that a stored job is led on from."""
    context = queue.backend.inspector.get(job_id).context
    assert context is not None
    return int(read_inheritance(context.raw).trace["traceparent"].split("-")[2], 16)


def id_of(span: ReadableSpan) -> int:
    """Return a span's own id."""
    context = span.context
    assert context is not None
    span_id: int = context.span_id
    return span_id


def test_a_run_has_a_span_that_is_linked_to_who_enqueued_it(
    queue: Queue, start_worker: StartWorker, exporter: InMemorySpanExporter
) -> None:
    """Each run is a trace of its own; the links lead to the enqueue, which is a part of the run or request, on the loop too."""

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
    sent, inner = spans[f"enqueue {parent}"], spans[f"enqueue {child}"]
    assert links_of(spans[parent]) == [id_of(sent)]
    assert links_of(spans[child]) == [id_of(inner)]
    assert [span.parent and span.parent.span_id for span in (sent, inner)] == [
        id_of(spans["request"]),
        id_of(spans[parent]),
    ]
    assert {sent.kind, inner.kind} == {SpanKind.PRODUCER}
    assert (sent.attributes or {})["messaging.message.id"] == job.id
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
    assert links_of(failed) == [id_of(spans[f"enqueue {types[0]}"])]
    assert (failed.status.status_code, failed.status.description) == (StatusCode.ERROR, "no such shop")
    assert (failed.attributes or {})["error.type"] == "ValueError"
    (event,) = failed.events
    assert (event.attributes or {})["exception.message"] == "no such shop"
    assert "in broken" in str((event.attributes or {})["exception.stacktrace"])
    assert (left.attributes or {})["error.type"] == "SystemExit"
    assert (unknown.attributes or {})["queuetui.job.ending"] == "snoozed"


def test_many_jobs_are_enqueued_in_one_span(queue: Queue, exporter: InMemorySpanExporter) -> None:
    """Jobs made outside or here are led on from it, those of another request keep that; a named request is what it is a part of."""
    with trace.get_tracer("web").start_as_current_span("other"):
        of_other = Queue.new("Send")
    with correlated("order-7", {"traceparent": f"00-{'4b' * 16}-{'0f' * 8}-01"}):
        stored = queue.enqueue_many([Queue.new("Send"), of_other])
    queue.enqueue_many(Queue.new_many("Send", [1, 2, 3]))
    asyncio.run(queue.aenqueue("Mail"))
    with pytest.raises(TypeError):
        queue.enqueue("Broken", colour="red")  # type: ignore[call-arg] # no such option
    first, many, alone, broken = (span for span in exporter.get_finished_spans() if span.kind is SpanKind.PRODUCER)
    assert first.parent is not None
    assert (first.parent.trace_id, (first.attributes or {})["messaging.batch.message_count"]) == (int("4b" * 16, 16), 2)
    assert [enqueued_in(queue, one.id) for one in stored] == [id_of(first), id_of(by_name(exporter)["other"])]
    ids = [job.id for job in queue.jobs("type:Send sort:-created")[0]][:3]
    assert {enqueued_in(queue, one) for one in ids} == {id_of(many)}
    assert (alone.name, broken.status.status_code) == ("enqueue Mail", StatusCode.ERROR)


@pytest.mark.parametrize("broken", ["on_start", "on_end", "get_tracer", "set_attribute"])
def test_what_a_broken_processor_raises_reaches_no_job(
    queue: Queue,
    start_worker: StartWorker,
    exporter: InMemorySpanExporter,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    broken: str,
) -> None:
    """Each job is stored once and runs once, and the log says who failed; only the enqueue's own errors leave it."""

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the queue of spans is full")

    provider = trace.get_tracer_provider()
    processor = SpanProcessor()
    provider.add_span_processor(processor)  # type: ignore[attr-defined] # the SDK's own
    owner = {"get_tracer": provider, "set_attribute": Span}.get(broken, processor)
    monkeypatch.setattr(owner, broken, fail)
    runs: list[int] = []
    job_type = declare_handler(runs.append)
    queue.enqueue(job_type, 1, max_attempts=2)
    asyncio.run(queue.aenqueue(job_type, 2, max_attempts=2))
    with pytest.raises(TypeError):
        queue.enqueue(job_type, colour="red")  # type: ignore[call-arg] # no such option
    start_worker(burst=True).wait()
    assert sorted(runs) == [1, 2]
    assert [job.state for job in queue.jobs(f"type:{job_type}")[0]] == [State.COMPLETED] * 2
    assert "the queue of spans is full" in caplog.text


TRACED_APP = """
    from pathlib import Path
    from opentelemetry import trace
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter
    from queuetui import Queue, job

    SPANS = (Path(__file__).parent / "spans.json").open("a")
    PROVIDER = TracerProvider()
    line = lambda span: span.to_json(indent=None) + "\\n"
    PROVIDER.add_span_processor(BatchSpanProcessor(ConsoleSpanExporter(out=SPANS, formatter=line)))
    trace.set_tracer_provider(PROVIDER)

    @job("parent")
    def parent(payload):
        with Queue() as queue:
            queue.enqueue("child")

    @job("child")
    def child(payload):
        pass
"""


@pytest.mark.timed
def test_spans_of_runs_in_processes_are_exported(tmp_path: Path) -> None:
    """What a child held back is sent before it leaves, and is linked to the enqueue as in a thread."""
    (tmp_path / "traced_app.py").write_text(dedent(TRACED_APP), encoding="utf-8")
    place = Place(tmp_path)
    with Queue(place.url) as queue:
        queue.enqueue("parent")
    worker = place.start("--isolation", "process", "--burst", app="traced_app")
    assert worker.wait(60) == 0
    lines = (tmp_path / "spans.json").read_text(encoding="utf-8").splitlines()
    spans = {span["name"]: span for span in map(json.loads, lines)}
    assert spans.keys() == {"parent", "enqueue child", "child"}
    assert spans["enqueue child"]["parent_id"] == spans["parent"]["context"]["span_id"]
    assert [link["context"]["span_id"] for link in spans["child"]["links"]] == [
        spans["enqueue child"]["context"]["span_id"]
    ]


def test_without_a_provider_nothing_is_traced(queue: Queue) -> None:
    """A program that has loaded OpenTelemetry and not set it up has no spans, and its jobs hold nothing of any."""
    assert Tracers(time.monotonic).find() is None
    assert Queue.new("Send").context is None


def test_a_provider_that_is_set_up_later_is_found_within_a_second(
    exporter: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only that there is nobody is believed, and no longer."""
    provider = trace.get_tracer_provider()
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", None)
    now = iter([10.0, 10.5, 11.0, 11.0])
    tracers = Tracers(lambda: next(now))
    assert tracers.find() is None
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", provider)
    assert tracers.find() is None
    with monkeypatch.context() as broken:
        broken.setattr(provider, "get_tracer", None)
        assert tracers.find() is None
    found = tracers.find()
    assert found is not None
    found.start_span("Send").end()
    assert by_name(exporter).keys() == {"Send"}


def test_a_provider_that_is_set_up_before_the_worker_starts_sees_every_run(
    queue: Queue, start_worker: StartWorker, exporter: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the same program enqueued a moment before, while there was none."""
    job_type = declare_handler(lambda: None)
    with monkeypatch.context() as before:
        before.setattr(trace, "_TRACER_PROVIDER", None)
        queue.enqueue(job_type)
    start_worker(burst=True).wait()
    assert by_name(exporter).keys() == {job_type}


HALF_IMPORTED = """
    import sys, threading, types
    gate = sys.modules["gate"] = types.ModuleType("gate")
    gate.begun, gate.go = threading.Event(), threading.Event()
    from queuetui import Queue
    queue = Queue("memory://half")
    importing = threading.Thread(target=lambda: __import__("opentelemetry.trace"))
    importing.start()
    gate.begun.wait()
    enqueuing = threading.Thread(target=lambda: print(queue.enqueue("send").created))
    enqueuing.start()
    # It waits for the import, so there is no sign of it to wait for.
    enqueuing.join(0.2)
    gate.go.set()
    enqueuing.join()
"""
SLOW_IMPORT = """
    import gate
    gate.begun.set()
    gate.go.wait()
    class ProxyTracerProvider: pass
    def get_tracer_provider(): return ProxyTracerProvider()
    def get_current_span(): return types.SimpleNamespace(get_span_context=lambda: types.SimpleNamespace(is_valid=False))
    import types
"""


def test_a_job_is_stored_while_another_thread_imports_opentelemetry(tmp_path: Path) -> None:
    """Whoever enqueues meanwhile waits for the import."""
    package = tmp_path / "opentelemetry" / "trace"
    package.mkdir(parents=True)
    (package.parent / "__init__.py").touch()
    (package / "__init__.py").write_text(dedent(SLOW_IMPORT), encoding="utf-8")
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n{dedent(HALF_IMPORTED)}"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert (ended.stdout, ended.stderr) == ("True\n", "")
