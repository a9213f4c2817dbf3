"""Jobs of attached queues that are due for too long."""

from __future__ import annotations

from dataclasses import replace

import pytest

from queuetui.model.job import Job
from queuetui.model.limits import Limits
from queuetui.model.measured import Exactness, Measured
from queuetui.model.snapshot import QueueInfo
from queuetui.model.state import State
from queuetui.model.text import Untrusted
from queuetui.model.verdict import Code
from queuetui.model.worker import WorkerInfo
from queuetui.monitor.diagnosis.explain import explain
from queuetui.monitor.diagnosis.facts import Facts, QueueProgress
from tests.monitor.pictures import FOREIGN, ago, facts, job, queue, worker

LARAVEL = replace(FOREIGN, worker_command=("php", "artisan", "queue:work", "--queue={queue}"))
RESTS, MOVES = queue("mail", rests=True), queue("mail")
WITH_WORKERS = replace(FOREIGN, workers=True)
LIMITS = Limits(overdue_after_s=600, overdue_per_queue_s={"slow": 3600}, overdue_per_type_s={"Long": 7200})
BLIND = replace(facts(queue("mail"), capabilities=LARAVEL), limits=LIMITS)


def told_by(*around: WorkerInfo | QueueInfo) -> Facts:
    """Return the facts of a system that stores its workers."""
    return replace(facts(*around, capabilities=WITH_WORKERS), limits=LIMITS)


@pytest.mark.parametrize(
    ("subject", "told", "code", "words"),
    [
        (job(scheduled_at=ago(599)), BLIND, Code.WAITING, "due 9 m"),
        (job(scheduled_at=ago(601)), BLIND, Code.OVERDUE, "nothing has taken it; this system does not tell"),
        (job(scheduled_at=ago(601), queue="slow"), BLIND, Code.WAITING, ""),
        (job(scheduled_at=ago(3601), queue="slow"), BLIND, Code.OVERDUE, "limit 1 h"),
        (job(scheduled_at=ago(3601), job_type="Long"), BLIND, Code.WAITING, ""),
        (job(scheduled_at=ago(7201), queue="slow", job_type="Long"), BLIND, Code.OVERDUE, "limit 2 h"),
        (job(State.SCHEDULED, scheduled_at=ago(601)), BLIND, Code.OVERDUE, ""),
        (job(State.RETRYING, scheduled_at=ago(601)), BLIND, Code.OVERDUE, ""),
        (job(State.SCHEDULED, scheduled_at=None, created_at=ago(601)), BLIND, Code.NOT_DUE, ""),
        (job(scheduled_at=None, created_at=ago(601)), BLIND, Code.OVERDUE, ""),
        (job(scheduled_at=ago(601), expired_at=ago(5)), BLIND, Code.OVERDUE, "its retryUntil was"),
        (job(scheduled_at=ago(601)), told_by(worker("mail", busy=2)), Code.OVERDUE, "all 2 slots of 1 worker"),
        (job(scheduled_at=ago(601)), told_by(worker("mail")), Code.OVERDUE, "nothing has taken it"),
        (job(scheduled_at=ago(601)), told_by(worker("other"), queue("mail")), Code.NO_CONSUMER, "nobody listens"),
        (job(scheduled_at=ago(601)), told_by(worker("mail"), queue("mail", paused_s=9)), Code.QUEUE_PAUSED, ""),
    ],
)
def test_a_job_that_is_due_too_long_is_overdue(subject: Job, told: Facts, code: Code, words: str) -> None:
    """It is overdue past its type's limit, else its queue's, else the floor; a pause and a queue without workers say more."""
    verdict = explain(subject, told)
    assert verdict.code is code
    assert verdict.stuck is (code in {Code.OVERDUE, Code.NO_CONSUMER})
    assert words in verdict.summary


@pytest.mark.parametrize(
    ("due_s", "around", "code"),
    [
        (601, (RESTS, worker("mail")), Code.OVERDUE),
        (599, (RESTS, worker("mail")), Code.WAITING),
        (601, (MOVES, worker("mail")), Code.WAITING),
        (601, (RESTS, worker("mail", busy=2)), Code.ALL_SLOTS_BUSY),
        (601, (RESTS, worker("mail", silent_s=99)), Code.NO_CONSUMER),
        (601, (queue("mail", rests=True, paused_s=9), worker("mail")), Code.QUEUE_PAUSED),
    ],
)
def test_a_job_of_our_own_queue_is_overdue_where_nothing_is_taken(
    due_s: float, around: tuple[WorkerInfo | QueueInfo, ...], code: Code
) -> None:
    """A backlog of a queue that moves, busy slots, a pause and a queue without workers explain a wait; idle slots do not."""
    verdict = explain(job(scheduled_at=ago(due_s)), facts(*around, limits=LIMITS))
    assert verdict.code is code
    assert verdict.stuck is (code in {Code.OVERDUE, Code.NO_CONSUMER})


def test_an_overdue_job_comes_with_what_is_known_and_the_command_of_its_system() -> None:
    """The evidence tells since when it is due, what waits and runs in its queue, and the step starts that system's worker."""
    verdict = explain(job(scheduled_at=ago(900), queue="mail --all"), BLIND)
    assert verdict.evidence["due_s"] == 900
    assert verdict.evidence["limit_s"] == 600
    assert "due_since" in verdict.evidence
    assert verdict.next.endswith("php artisan queue:work '--queue=mail --all'")
    hostile = replace(job(scheduled_at=ago(900)), queue=Untrusted("\x1b[2J"))
    assert "\x1b" not in explain(hostile, BLIND).next


def test_what_was_read_of_the_queue_is_told() -> None:
    """What is due before it, what runs and what ended lately are in words and in the evidence; what is not known is left out."""
    known = QueueProgress(Measured(214), Measured(0), Measured(0), tells_completed=False)
    verdict = explain(job(scheduled_at=ago(900)), replace(BLIND, progress=known))
    assert "214 due before it, none of its queue running, none failed" in verdict.summary
    assert (verdict.evidence["ahead"], verdict.evidence["running"], verdict.evidence["failed_in_5_minutes"]) == (
        214,
        0,
        0,
    )
    capped = QueueProgress(Measured(10_000, Exactness.CAPPED))
    cut = explain(job(scheduled_at=ago(900)), replace(BLIND, progress=capped))
    assert "10,000+ due before it" in cut.summary
    assert cut.evidence["ahead"] == 10_000
    assert "running" not in cut.evidence
