"""A Rust platform's tables beside its jobs: the log as events, workers, tokens, chores; by its capture and as it is described."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from queuetui.backends.backend import Backend
from queuetui.backends.base import BackendOptions
from queuetui.backends.discover import open_backend
from queuetui.model.errors import NotFound
from queuetui.model.event import Event, EventKind, EventRequest
from queuetui.model.limits import Limits, is_live, is_silent
from queuetui.model.snapshot import Part, Watch
from queuetui.monitor.feed import Feed
from queuetui.monitor.lives import count_kinds, read_lives, read_recent
from queuetui.operate.authority import Authority
from queuetui.operate.journal import Journal
from queuetui.operate.rights import Right
from queuetui.operate.upkeep import UpkeepOperations
from tests.backends.captures import FIXTURES, query, run_script
from tests.backends.mapped.test_shipped import now_of, truth_of

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
A, B, C, D = (f"00000000-0000-4000-8000-00000000000{n}" for n in "1234")
_TABLES = """
CREATE TABLE jobs (id uuid PRIMARY KEY, name text, status text, created_at timestamptz);
CREATE TABLE workers (id uuid PRIMARY KEY, worker_type text, status text, capabilities text[], last_heartbeat timestamptz,
 created_at timestamptz);
CREATE TABLE audit_logs (occurred_at timestamptz, event_type text, correlation_id {id}, payload jsonb{column});
CREATE TABLE worker_bootstrap_tokens (token uuid, worker_id uuid, expires_at timestamptz);
"""
_LOG = (
    (60, "JobCreated", A), (59, "JobScheduled", A), (58, "JobStarted", A), (57, "JobCompleted", A),
    (50, "JobCreated", B), (49, "JobScheduled", B), (48, "JobFailed", B),
    (40, "JobCreated", C), (40, "JobScheduled", C), (40, "JobStarted", C),
    (200, "JobCreated", D), (30, "JobCompleted", D), (20, "WorkerHeartbeatMissed", None),
)  # fmt: skip


def _make(url: str, *, has_column: bool, ids: str) -> None:
    run_script(url, _TABLES.format(id=ids, column=f", job_id {ids}" if has_column else ""))
    run_script(
        url, f"INSERT INTO jobs SELECT id::uuid, 'j', 'completed', now() FROM unnest(ARRAY['{A}','{B}','{C}','{D}']) id"
    )
    for minutes, word, job in reversed(_LOG):
        told = "null" if job is None else f"'{job}'::{ids}"
        # Where there is a column, the rows of before it was added have the payload's alone.
        old = has_column and minutes > 100
        values = f"'2026-07-01 12:00Z'::timestamptz - interval '{minutes} minutes', '{word}', {told}"
        payload = "{}" if job is None or (has_column and not old) else f'{{"job_id": "{job}"}}'
        column = f", {'null' if old else told}" if has_column else ""
        run_script(url, f"INSERT INTO audit_logs VALUES ({values}, '{payload}'{column})")
    workers = (
        ("available", "11:59", "11:00"), ("available", "11:40", "10:00"), ("available", None, "10:00"),
        ("available", None, "11:58"), ("stopped", "10:00", "09:00"), ("failed", None, "09:00"),
    )  # fmt: skip
    for number, (status, beat, made) in enumerate(workers):
        said = "null" if beat is None else f"'2026-07-01 {beat}Z'"
        run_script(
            url,
            f"INSERT INTO workers VALUES ('00000000-0000-4000-9000-00000000000{number}', 'docker', '{status}', "
            f"'{{gpu,mail}}', {said}, '2026-07-01 {made}Z')",
        )
    run_script(
        url,
        f"INSERT INTO worker_bootstrap_tokens VALUES ('{A}', null, '2026-07-01 11:00Z'), ('{B}', '{C}', '2026-07-01 11:00Z'), "
        f"('{C}', null, '2026-07-02 11:00Z')",
    )


@pytest.fixture(params=[(True, "uuid"), (False, "uuid"), (True, "text"), (False, "text")], ids=str)
def platform(request: pytest.FixtureRequest, postgres_url: str) -> Iterator[tuple[str, Backend]]:
    """Tables as the platform describes them, with or without a column job_id, with uuids or texts."""
    has_column, ids = request.param
    _make(postgres_url, has_column=has_column, ids=ids)
    backend = open_backend(postgres_url, BackendOptions("mine", kind="mapped:rust-platform", now=NOW))
    yield postgres_url, backend
    backend.close()


def test_the_log_is_read_as_events_with_their_gaps(platform: tuple[str, Backend]) -> None:
    """Pages of any size hold each event once, newest first; a job and a trace have their own, and lives tell what is missing."""
    _, backend = platform
    log = backend.events
    assert log is not None
    whole = log.events(EventRequest(limit=50)).events
    assert [event.kind for event in whole][:2] == [EventKind.OTHER, EventKind.JOB_COMPLETED]
    assert len(whole) == len(_LOG)
    paged: list[Event] = []
    before = None
    while True:
        page = log.events(EventRequest(before=before, limit=2))
        paged += page.events
        if not page.has_more:
            break
        before = page.last
    assert tuple(paged) == whole
    same = [EventKind.JOB_STARTED, EventKind.JOB_SCHEDULED, EventKind.JOB_CREATED]
    assert [event.kind for event in log.events(EventRequest(job_id=C)).events] == same
    assert [event.kind for event in log.events(EventRequest(correlation_id=C)).events] == same
    assert log.events(EventRequest(job_id="no uuid")).events == ()
    assert {e.job_id for e in log.events(EventRequest(kinds=frozenset({EventKind.JOB_FAILED}))).events} == {B}
    assert len(log.events(EventRequest(kinds=frozenset({EventKind.OTHER}))).events) == 1
    lives = {life.job_id: life for life in read_lives(log, NOW, NOW - timedelta(hours=1), 10, 300, own=False).lives}
    assert {job_id: life.gaps for job_id, life in lives.items()} == {
        A: (),
        B: ("no JobStarted",),
        C: ("JobStarted and nothing since for 40 m",),
        D: ("no JobScheduled", "no JobStarted"),
    }
    counts = count_kinds(read_recent(log, NOW - timedelta(hours=1))[0])
    gaps = {job_id[-1]: Feed(backend, Limits()).open(job_id, events=20).gap for job_id in (A, C)}
    assert gaps["1"] is None
    assert gaps["3"] is not None
    assert gaps["3"].summary == "the log has JobStarted and then no end, though the job is completed"
    assert counts == {
        "JobCreated": 3, "JobScheduled": 3, "JobStarted": 2, "JobCompleted": 2, "JobFailed": 1, "WorkerHeartbeatMissed": 1,
    }  # fmt: skip


def test_workers_and_tokens_are_told_as_they_are(platform: tuple[str, Backend]) -> None:
    """A worker that never beat is silent from five minutes after its registration; tokens are masked, and consumed where one has them."""
    _, backend = platform
    workers = backend.inspector.snapshot(Watch(parts=frozenset({Part.WORKERS}))).workers
    by_end = {worker.id.raw[-1]: worker for worker in workers}
    limits = Limits()
    assert {end for end, worker in by_end.items() if is_silent(worker, NOW, limits)} == {"1", "2"}
    assert {end for end, worker in by_end.items() if is_live(worker, NOW, limits)} == {"0", "3"}
    assert {end for end, worker in by_end.items() if not worker.has_beaten} == {"2", "3", "5"}
    assert [tag.raw for tag in by_end["0"].tags] == ["gpu", "mail"]
    tokens = Feed(backend, limits).tokens(10)
    assert [(token.masked, token.state(NOW)) for token in tokens] == [
        ("0000...", "open"),
        ("0000...", "expired"),
        ("0000...", "consumed"),
    ]


def test_chores_do_what_was_counted_once(platform: tuple[str, Backend], tmp_path: Path) -> None:
    """Each chore changes the rows that it counted, is recorded with what they were, and finds nothing the second time."""
    url, backend = platform
    journal = tmp_path / "acts.jsonl"
    chores = UpkeepOperations(backend, Authority(Right.ADMIN, "me", Journal(journal, "b"), None))
    statuses = "select right(id::text, 1), status from workers order by 1"
    expected = {"fail-silent-workers": 2, "stop-workers": 2, "clear-events": 1, "delete-tokens": 1}
    assert [chore.name for chore in chores.chores] == list(expected)
    for name, rows in expected.items():
        plan = chores.plan(name, 0.1 if name == "clear-events" else None)
        assert (name, plan.rows) == (name, rows)
        assert chores.perform(plan).lines()[0] == f"{name}: {rows} row{'s' if rows > 1 else ''} changed"
        assert chores.plan(name, 0.1 if name == "clear-events" else None).rows == 0
        if name == "fail-silent-workers":
            assert [word for _, word in query(url, statuses)] == [
                "available", "failed", "failed", "available", "stopped", "failed",
            ]  # fmt: skip
    assert [word for _, word in query(url, statuses)] == ["stopped", "failed", "failed", "stopped", "stopped", "failed"]
    assert len(query(url, "select 1 from audit_logs")) == len(_LOG) - 1
    assert {str(token) for (token,) in query(url, "select token from worker_bootstrap_tokens")} == {B, C}
    written = journal.read_text()
    assert "docker available" in written
    assert A not in written
    with pytest.raises(NotFound):
        chores.plan("nonsense")


def test_news_on_the_channel_are_heard(platform: tuple[str, Backend]) -> None:
    """A NOTIFY of the application makes the log be looked at."""
    url, backend = platform
    assert backend.events is not None
    rung = threading.Event()
    ear = backend.events.listen_events(rung.set)
    assert ear is not None
    with psycopg.connect(url, autocommit=True) as server:
        for _ in range(100):
            server.execute("notify hodei_events, '{}'")
            if rung.wait(0.1):
                break
    ear.close()
    assert rung.is_set()


def test_the_captures_log_tells_each_life(postgres_url: str) -> None:
    """In the model's capture, whose log never tells JobScheduled, no ended job has a gap and the stuck one has no end."""
    run_script(postgres_url, (FIXTURES / "plain-tables" / "dump.rust.postgres.sql").read_text(encoding="utf-8"))
    truth = truth_of("rust-platform")
    now = now_of(truth) + timedelta(seconds=400)
    backend = open_backend(postgres_url, BackendOptions("mine", kind="mapped:rust-platform", now=now))
    assert backend.events is not None
    assert backend.upkeep is not None
    assert not backend.upkeep.keeps_tokens
    lives = {life.job_id: life for life in read_lives(backend.events, now, None, 50, 300, own=False).lives}
    words = {"completed": EventKind.JOB_COMPLETED, "failed": EventKind.JOB_FAILED}
    assert {job_id: life.end for job_id, life in lives.items()} == {
        job_id: words.get(job["state"]) for job_id, job in truth["jobs"].items()
    }
    assert {job_id for job_id, life in lives.items() if life.gaps} == {
        job_id for job_id, job in truth["jobs"].items() if job["state"] not in words
    }
    assert [worker.status and worker.status.raw for worker in backend.inspector.snapshot(Watch()).workers] == [
        "registered",
        "busy",
    ]
    backend.close()
