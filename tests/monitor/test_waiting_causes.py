"""Why a job waits whose queue has workers, and what a clock that is wrong does to verdicts."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from queuetui.model.job import Job
from queuetui.model.measured import Exactness, Measured
from queuetui.model.rates import RecentRuns
from queuetui.model.row_lock import RowLock
from queuetui.model.state import State
from queuetui.model.text import Untrusted
from queuetui.model.verdict import Code, Severity
from queuetui.model.worker import WorkerInfo
from queuetui.monitor.diagnosis.explain import explain
from queuetui.monitor.diagnosis.facts import QueueProgress
from queuetui.monitor.diagnosis.surroundings import judge_queue, judge_worker
from tests.monitor.pictures import FOREIGN, ago, facts, job, queue, running, worker


def knowing(*types: str) -> WorkerInfo:
    """Return a worker that tells the types it has handlers for."""
    return replace(worker("mail"), types=tuple(map(Untrusted, types)))


@pytest.mark.parametrize(
    ("workers", "job_type", "code"),
    [
        ([knowing("Other")], "Send", Code.NO_HANDLER),
        ([knowing("Other"), knowing("Third")], "Send", Code.NO_HANDLER),
        ([knowing("Other"), knowing("Send")], "Send", Code.WAITING),
        ([knowing("Other"), worker("mail")], "Send", Code.WAITING),
        ([knowing("Other"), replace(knowing("Send"), beat_at=ago(99))], "Send", Code.NO_HANDLER),
        ([knowing("*:*")], "shop.jobs:send", Code.WAITING),
        ([knowing("*:*")], "Send", Code.NO_HANDLER),
        ([knowing("shop:*", "shop.*:*")], "shop.jobs:send", Code.WAITING),
        ([knowing("shop:*", "shop.*:*")], "shopping.jobs:send", Code.NO_HANDLER),
        ([knowing("S[e]nd?")], "Send?", Code.NO_HANDLER),
        ([knowing("S[e]nd?")], "S[e]nd?", Code.WAITING),
    ],
)
@pytest.mark.parametrize("state", [State.PENDING, State.SCHEDULED, State.RETRYING])
def test_a_type_that_no_listening_worker_knows(
    state: State, workers: list[WorkerInfo], job_type: str, code: Code
) -> None:
    """Workers tell their types, with * for what a rule lets through; one that tells none may know any."""
    verdict = explain(job(state, job_type=job_type, scheduled_at=ago(5)), facts(*workers))
    assert verdict.code is code
    if code is Code.NO_HANDLER:
        live = [one for one in workers if one.beat_at > ago(60)]
        assert verdict.evidence["listeners"] == ["web-1 pid 4411"] * len(live)
        assert "--app" in verdict.next


@pytest.mark.parametrize(
    ("created_s", "changed_s", "due_in_s", "up_s", "severity"),
    [
        (700, 1, [-5, 59], [(700,), (700, 9000)], Severity.CRITICAL),
        (599, 1, [-5, 59], [(700,)], Severity.WARNING),
        (700, 1, [61], [(700,)], Severity.WARNING),
        (700, 1, [-5, 59], [(599,), (9000, 5), (9000, None)], Severity.WARNING),
        (700, 700, [1, 59], [(700,)], Severity.WARNING),
        (700, 700, [-601], [(700,)], Severity.CRITICAL),
    ],
)
def test_a_type_that_no_release_brings_is_critical(
    created_s: float, changed_s: float, due_in_s: list[float], up_s: list[tuple[float | None, ...]], severity: Severity
) -> None:
    """Once a job that workers could meet is as old as one may be due, unless a worker was started meanwhile.

    A release goes from worker to worker.
    """
    times: dict[str, Any] = {"created_at": ago(created_s), "updated_at": ago(changed_s)}
    for due, ups in product(due_in_s, up_s):
        crew = [replace(knowing("Other"), started_at=None if up is None else ago(up)) for up in ups]
        state = State.PENDING if due < 0 else State.SCHEDULED
        verdict = explain(job(state, scheduled_at=ago(-due), **times), facts(*crew))
        assert (verdict.code, verdict.severity, verdict.stuck) == (Code.NO_HANDLER, severity, False), (due, ups)


@pytest.mark.parametrize(
    ("due_s", "progress", "crew", "code", "words"),
    [
        (301, QueueProgress(outranking=Measured(400), ended=Measured(100)), [worker("mail")], Code.STARVED, "in 20 m"),
        (301, QueueProgress(outranking=Measured(400), ended=Measured(0)), [worker("mail")], Code.STARVED, "none ended"),
        (
            301,
            QueueProgress(outranking=Measured(10_000, Exactness.CAPPED), ended=None),
            [worker("mail", busy=2)],
            Code.STARVED,
            "10,000+ due jobs",
        ),
        (299, QueueProgress(outranking=Measured(400), ended=Measured(100)), [worker("mail")], Code.WAITING, ""),
        (301, QueueProgress(outranking=Measured(0), ended=Measured(100)), [worker("mail")], Code.WAITING, ""),
        (301, QueueProgress(), [worker("mail")], Code.WAITING, ""),
        (301, None, [worker("mail")], Code.WAITING, ""),
        (301, QueueProgress(outranking=Measured(400), ended=Measured(100)), [], Code.NO_CONSUMER, ""),
    ],
)
def test_a_job_that_others_go_before(
    due_s: float, progress: QueueProgress | None, crew: list[WorkerInfo], code: Code, words: str
) -> None:
    """A job that has been due for long is starved where due jobs of a higher priority are there, with when its turn may come."""
    told = replace(facts(*crew, queue("mail")), progress=progress)
    verdict = explain(job(scheduled_at=ago(due_s), priority=0), told)
    assert verdict.code is code
    assert words in verdict.summary


@pytest.mark.parametrize(
    ("due_s", "ended", "severity"),
    [
        (601, 190, Severity.CRITICAL),
        (601, 0, Severity.CRITICAL),
        (601, 210, Severity.WARNING),
        (601, None, Severity.WARNING),
        (599, 0, Severity.WARNING),
    ],
)
def test_a_job_is_gravely_starved_when_it_is_late_and_will_be_for_as_long(
    due_s: float, ended: int | None, severity: Severity
) -> None:
    """400 go first: at 190 in 5 minutes its turn comes in more than the 10 minutes that it may be due, at 210 in less."""
    progress = QueueProgress(outranking=Measured(400), ended=None if ended is None else Measured(ended))
    verdict = explain(job(scheduled_at=ago(due_s)), replace(facts(worker("mail"), queue("mail")), progress=progress))
    assert (verdict.code, verdict.severity, verdict.stuck) == (Code.STARVED, severity, False)


@pytest.mark.parametrize(
    ("subject", "code"),
    [
        (job(scheduled_at=ago(5), created_at=ago(-4)), Code.WAITING),
        (job(scheduled_at=ago(5), created_at=ago(-6)), Code.CLOCK_SKEW),
        (job(State.COMPLETED, completed_at=ago(-3600)), Code.CLOCK_SKEW),
        (job(State.SCHEDULED, created_at=ago(9), scheduled_at=ago(-3600)), Code.NOT_DUE),
        (running(-60, claimed_at=ago(1)), Code.CLOCK_SKEW),
        (running(400, created_at=ago(-60)), Code.HUNG),
    ],
)
def test_a_time_in_the_future_is_told(subject: Job, code: Code) -> None:
    """What has happened cannot lie ahead by the store's clock; a graver verdict goes first, and a due time may lie ahead."""
    verdict = explain(subject, facts(worker("mail")))
    assert verdict.code is code
    if code is Code.CLOCK_SKEW:
        assert float(str(verdict.evidence["ahead_s"])) > 5
        assert verdict.next.endswith("queuetui doctor")


def test_a_time_in_the_future_explains_a_long_wait_better_than_nothing() -> None:
    """Where a store tells of no worker and a job is due for long, its odd clock is told and not that it waits."""
    late = job(scheduled_at=ago(400), created_at=ago(-60))
    assert explain(late, facts(capabilities=FOREIGN)).code is Code.CLOCK_SKEW


def test_a_worker_that_beats_ahead_of_the_store_is_told() -> None:
    """Its beats lie in the future, so that it would look live for long after its death."""
    (verdict,) = judge_worker(worker("mail", silent_s=-90), facts(worker("mail")))
    assert (verdict.code, verdict.evidence["ahead_s"]) == (Code.CLOCK_SKEW, 90.0)
    assert judge_worker(worker("mail", silent_s=-4), facts(worker("mail"))) == ()


@pytest.mark.parametrize(
    ("runs", "codes"),
    [
        ({"retried": 30, "completed": 30}, [Code.RETRY_STORM]),
        ({"retried": 20, "lost": 10, "failed": 5}, [Code.RETRY_STORM]),
        ({"retried": 29, "completed": 0}, [Code.RETRY_RATE_OVER]),
        ({"retried": 30, "completed": 31}, [Code.RETRY_RATE_OVER]),
        ({"retried": 30, "completed": 500}, []),
    ],
)
def test_a_storm_of_retries_is_told_once(runs: dict[str, Any], codes: list[Code]) -> None:
    """Half of many runs that end in another attempt are a storm, which is told in place of the rate that is over its limit."""
    stormy = replace(queue("mail"), recent=RecentRuns(runs=1, **runs))
    found = [one.code for one in judge_queue(stormy, facts(worker("mail"), stormy))]
    assert [code for code in found if code is not Code.ERROR_RATE_OVER] == codes


HELD = RowLock(4711, Untrusted("ann"), Untrusted("psql"), Untrusted("idle in transaction"), ago(720))


@pytest.mark.parametrize(
    ("subject", "lock", "code", "words"),
    [
        (
            job(scheduled_at=ago(5)),
            HELD,
            Code.BLOCKED_BY,
            "pid 4711 (psql, idle in transaction) holds its row locked for 12 m",
        ),
        (job(scheduled_at=ago(5)), RowLock(), Code.BLOCKED_BY, "another session holds its row locked, so"),
        (job(scheduled_at=ago(5)), replace(HELD, since=ago(4)), Code.WAITING, ""),
        (job(scheduled_at=ago(5)), None, Code.WAITING, ""),
    ],
)
def test_a_job_whose_row_is_locked(subject: Job, lock: RowLock | None, code: Code, words: str) -> None:
    """A lock that has stood for longer than a claim holds one is told with its session, whatever of that is known."""
    verdict = explain(subject, replace(facts(worker("mail")), lock=lock))
    assert verdict.code is code
    assert words in verdict.summary


def test_a_job_that_waits_for_others_names_them() -> None:
    """Where the store names the jobs that must end first, the first is the next one to look at."""
    waits = job(State.BLOCKED, waits_for=(Untrusted("a-1"), Untrusted("a-2")))
    verdict = explain(waits, facts(capabilities=FOREIGN))
    assert (verdict.code, verdict.stuck) == (Code.BLOCKED_BY, False)
    assert "until job a-1 and 1 other job has ended" in verdict.summary
    assert verdict.next == "see that one: queuetui why a-1"
