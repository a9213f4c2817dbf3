"""SAQ on PostgreSQL: what a job's arguments, key, queue, result and meta hold is never taken for SAQ's own numbers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import timedelta
from itertools import product
from typing import Any

import psycopg
import pytest

from queuetui.backends.backend import Backend
from queuetui.backends.base import BackendOptions
from queuetui.backends.discover import open_backend
from queuetui.backends.foreign.saq.message import held_until
from queuetui.model.act import Act, Outcome, Target, Verb
from queuetui.model.clock import from_us, to_us
from queuetui.model.job import Job
from queuetui.model.limits import Limits
from queuetui.model.page import PageRequest
from queuetui.model.query_parser import parse_query
from queuetui.model.snapshot import Watch
from queuetui.model.state import State
from tests.backends.captures import Capture, run_script
from tests.backends.rights.sql_users import load_dump

_KEYS = ("order-42", "f", "7", "key", "café ☃ 😀", 'k"q', "back\\slash\\u00e9", "tab\tand\x7f", '", "key": "')
_QUEUES = ("mail", 'ma"il\\', "größe")
_WORKER = 'w"1\\é'
_HOUR_S = 3600
_OTHER = {"timeout": 1, "heartbeat": 5, "retries": 9, "attempts": 9, "started": 5, "touched": 5, "status": "active"}


def _contents(queue: str, key: str) -> tuple[dict[str, Any], ...]:
    """Return what an application may hand over that looks like SAQ's own parts, the last one like a whole job."""
    return (
        {"order": key, **_OTHER},
        {"body": key + "x" * 900, "key": key, "queue": queue, "worker_id": "7"},
        {
            "deep": [{"key": key, **_OTHER, "worker_id": _WORKER}],
            "text": json.dumps({"queue": queue, "key": key, **_OTHER}),
        },
        {"job": {"function": "f", "queue": queue, "key": key, **_OTHER, "worker_id": "7"}},
    )


@pytest.fixture
def capture(postgres_url: str) -> Iterator[Capture]:
    """The capture's tables without its jobs."""
    loaded = load_dump("saq-pg", "saq-pg", postgres_url)
    run_script(postgres_url, "delete from public.saq_jobs;\n")
    yield loaded
    loaded.close()


def _put(capture: Capture, status: str, *, due_in_s: int = -99, where: str = "kwargs", **own: Any) -> set[str]:
    """Write a job for each key, queue and content, as SAQ writes it; return the keys of those whose content is a whole job."""
    last = {"worker_id": _WORKER} if status == "active" else {}
    whole, rows = set(), []
    for queue, name, n in product(_QUEUES, _KEYS, range(4)):
        key = name if (queue, n) == ("mail", 0) else f"{name}{_QUEUES.index(queue)}{n}"
        content = {where: _contents(queue, key)[n]}
        said = {"function": "f", "kwargs": {}, "queue": queue, "key": key, **own, "status": status}
        rows.append((key, json.dumps(said | content | last).encode(), queue, status, _ms(capture, due_in_s) // 1_000))
        whole |= {key} if n == 3 else set()
    with psycopg.connect(capture.url, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.executemany(
            "insert into saq_jobs (key, job, queue, status, scheduled) values (%s, %s, %s, %s, %s)", rows
        )
        cursor.execute("update saq_stats set worker_id = %s", (_WORKER,))
    return whole


def _ms(capture: Capture, after_s: int) -> int:
    return int(capture.captured_at.timestamp() + after_s) * 1_000


def _shown(backend: Backend, words: str) -> dict[str, Job]:
    return {
        job.ref.id: job for job in backend.inspector.page(PageRequest(parse_query(words), limit=500), Limits()).jobs
    }


def _release(backend: Backend, jobs: Mapping[str, Job]) -> set[Outcome]:
    """Release every ninth job, which are of each queue and content."""
    targets = [Target(job.ref) for _, job in sorted(jobs.items())[::9]]
    return {result.outcome for result in backend.operator.apply(Act(Verb.RELEASE, "tester"), targets, Limits())}


@pytest.mark.parametrize("where", ["kwargs", "meta"])
def test_a_run_has_the_time_that_saq_wrote(capture: Capture, where: str) -> None:
    """A run of an hour is not stuck before, whatever stands in its arguments or meta, and is released after it."""
    began = _ms(capture, -60)
    whole = _put(capture, "active", where=where, timeout=_HOUR_S, retries=3, attempts=2, started=began, touched=began)
    backend = capture.open()
    runs = _shown(backend, "state:processing")
    told = {(job.attempts, job.max_attempts, job.started_at, job.lease_until) for job in runs.values()}
    began_at = from_us(began * 1_000)
    assert told == {(2, 3, began_at, began_at + timedelta(seconds=_HOUR_S))}
    assert not any(job.remarks for job in runs.values())
    assert not _shown(backend, "is:stuck")
    assert _release(backend, runs) == {Outcome.SKIPPED}
    assert [one.busy for one in backend.inspector.snapshot(Watch()).workers] == [len(runs)]
    late = capture.open(_HOUR_S)
    stuck = _shown(late, "is:stuck")
    assert stuck.keys() == runs.keys() - whole
    assert _release(late, stuck) == {Outcome.DONE}


@pytest.mark.parametrize(("own", "state"), [({}, State.SCHEDULED), ({"attempts": 2}, State.RETRYING)])
def test_what_has_run_is_retrying(capture: Capture, own: dict[str, Any], state: State) -> None:
    """Whether a job that is due later has run is told by its own attempts."""
    whole = _put(capture, "queued", due_in_s=600, **own, queued=_ms(capture, -99))
    jobs = _shown(capture.open(), "")
    assert {job.state for key, job in jobs.items() if key not in whole} == {state}
    assert {job.attempts for job in jobs.values()} == {own.get("attempts", 0)}


def test_workers_of_a_queue_with_a_long_name_are_told(capture: Capture) -> None:
    """What is retried in a queue whose channel PostgreSQL cuts is told on the channel that the server makes of the whole name."""
    queue = "x" + "ö" * 40
    said = {"function": "f", "queue": queue, "key": "long", "status": "failed"}
    with psycopg.connect(capture.url, autocommit=True) as listener:
        listener.execute(f'listen "saq:{queue}"'.encode())
        listener.execute(
            "insert into saq_jobs (key, job, queue, status) values ('long', %s, %s, 'failed')",
            (json.dumps(said).encode(), queue),
        )
        backend = capture.open()
        target = Target(backend.inspector.get("long").ref)
        assert [one.outcome for one in backend.operator.apply(Act(Verb.RETRY, "tester"), [target], Limits())] == [
            Outcome.DONE
        ]
        assert [one.payload for one in listener.notifies(timeout=0.2)] == ["saq:enqueue"]


def test_the_least_table_is_read(postgres_url: str) -> None:
    """An earlier table without groups and without that of the workers is shown, and changed by no verb."""
    run_script(
        postgres_url,
        "create table jobs (key text primary key, job bytea, queue text, status text, priority int, scheduled int, expire_at int);\n"
        'insert into jobs values (\'k\', \'{"function": "f", "queue": "q", "key": "k", "attempts": 1, '
        '"queued": 1796009482000, "status": "queued"}\', \'q\', \'queued\', 0, 0, null);\n',
    )
    with closing(open_backend(postgres_url, BackendOptions())) as backend:
        assert [(job.ref.id, job.attempts, job.state) for job in _shown(backend, "").values()] == [
            ("k", 1, State.PENDING)
        ]
        assert not backend.inspector.capabilities.applies


@pytest.mark.parametrize(
    ("spans", "held_s"),
    [
        ({}, 10),
        ({"timeout": None}, None),
        ({"timeout": 0, "heartbeat": 5}, 7),
        ({"timeout": 2.5}, 3),
        ({"timeout": "9"}, None),
    ],
)
def test_a_span_that_is_null_or_nothing_never_ends(spans: dict[str, Any], held_s: int | None) -> None:
    """A run has ten seconds where SAQ wrote none, and for ever where it wrote null; a heartbeat counts from the last touch."""
    began_at = from_us(1_796_009_482_000_000)
    began_ms = to_us(began_at) // 1_000
    until = held_until({"started": began_ms, "touched": began_ms + 2_000, **spans})
    assert until == (None if held_s is None else began_at + timedelta(seconds=held_s))


def test_a_page_reads_no_long_message_whole(capture: Capture) -> None:
    """A job of 100 KB is listed with its numbers, told to be read where it is opened, opened whole, and retried."""
    said = {"function": "f", "kwargs": {"text": "x" * 100_000}, "queue": "mail", "key": "big", "attempts": 2}
    with psycopg.connect(capture.url, autocommit=True) as connection:
        connection.execute(
            "insert into saq_jobs (key, job, queue, status) values ('big', %s, 'mail', 'failed')",
            (json.dumps(said | {"status": "failed"}).encode(),),
        )
    backend = capture.open()
    (listed,) = _shown(backend, "").values()
    assert (listed.attempts, listed.payload.raw) == (2, "")
    assert "is read where the job is opened" in listed.remarks[-1]
    assert json.loads(backend.inspector.get("big").payload.raw) == said["kwargs"]
    act = Act(Verb.RETRY, "tester")
    assert [one.outcome for one in backend.operator.apply(act, [Target(listed.ref)], Limits())] == [Outcome.DONE]
