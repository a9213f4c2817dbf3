"""What is wrong with queues and workers, as tables of cases."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from queuetui.model.alarm_limits import AlarmLimits
from queuetui.model.measured import Measured, absent
from queuetui.model.rates import RecentRuns
from queuetui.model.snapshot import QueueInfo
from queuetui.model.state import State
from queuetui.model.text import Untrusted
from queuetui.model.verdict import Code, Severity
from queuetui.model.worker import WorkerInfo
from queuetui.monitor.diagnosis.surroundings import judge_around, judge_queue, judge_worker
from tests.monitor.pictures import FOREIGN, LIMITS, ago, facts, worker

WELL = RecentRuns(done_per_minute=10.0, completed=50, enqueued=50, runs=50, busy_s=50.0)


def queue(**changes: Any) -> QueueInfo:
    """Return a queue that is well, but for the changes."""
    counts = {State.PENDING: Measured(3), State.RETRYING: Measured(0), State.FAILED: Measured(0)}
    return replace(QueueInfo(Untrusted("mail"), counts, Measured(0), oldest_due_at=ago(5), recent=WELL), **changes)


def pending(count: int, **more: int) -> dict[str, Any]:
    """Return counts with so many waiting jobs."""
    counts = {State.PENDING: Measured(count)} | {State(name): Measured(number) for name, number in more.items()}
    return {"counts": counts}


def old(silent_s: float = 1, busy: int = 2, started_s: float = 900, **changes: Any) -> WorkerInfo:
    """Return a worker of two slots that started long ago."""
    return replace(worker("mail", silent_s=silent_s, busy=busy), started_at=ago(started_s), **changes)


NOTHING_ENDED = RecentRuns()


@pytest.mark.parametrize(
    ("changes", "workers", "codes"),
    [
        ({}, [old()], []),
        ({"oldest_due_at": ago(301)}, [], [Code.NO_CONSUMER]),
        ({"oldest_due_at": ago(299)}, [], []),
        ({"oldest_due_at": ago(900), "paused_at": ago(900)}, [], []),
        ({"oldest_due_at": ago(900), "suspended_by": "rq suspend"}, [], []),
        ({"oldest_due_at": ago(900), "held": True}, [], []),
        ({"oldest_due_at": ago(900)}, [old(silent_s=31)], [Code.NO_CONSUMER, Code.OLDEST_TOO_OLD]),
        ({"oldest_due_at": ago(601)}, [old()], [Code.OLDEST_TOO_OLD]),
        ({"oldest_due_at": ago(599)}, [old()], []),
        ({"recent": NOTHING_ENDED}, [old()], [Code.BUSY_BUT_DEAD]),
        ({"recent": NOTHING_ENDED}, [old(busy=1)], []),
        ({"recent": NOTHING_ENDED}, [old(started_s=200)], []),
        ({"recent": NOTHING_ENDED, "oldest_due_at": None}, [old()], []),
        ({"recent": replace(NOTHING_ENDED, completed=1, runs=1)}, [old()], []),
        ({"recent": None}, [old()], []),
        ({"recent": replace(WELL, enqueued=100), **pending(60)}, [old()], [Code.BACKLOG_GROWING]),
        ({"recent": replace(WELL, enqueued=100), **pending(10)}, [old()], []),
        ({"recent": replace(WELL, enqueued=55), **pending(60)}, [old()], []),
        ({"recent": replace(WELL, enqueued=100), **pending(60), "oldest_due_at": None}, [old()], []),
        ({"recent": replace(WELL, failed_in_hour=11)}, [old()], [Code.DEAD_LETTERS_OVER]),
        ({"recent": replace(WELL, failed_in_hour=10)}, [old()], []),
        (pending(3, failed=101), [old()], [Code.DEAD_LETTERS_OVER]),
        ({**pending(3, failed=101), "recent": None}, [old()], [Code.DEAD_LETTERS_OVER]),
        (pending(3, failed=100), [old()], []),
        (pending(70, retrying=31), [old()], [Code.DEPTH_OVER]),
        (pending(70, retrying=30, scheduled=900), [old()], []),
        ({"counts": {State.PENDING: absent("not kept")}}, [old()], []),
        ({"recent": replace(WELL, completed=90, failed=10)}, [old()], [Code.ERROR_RATE_OVER]),
        ({"recent": replace(WELL, completed=95, failed=5)}, [old()], []),
        ({"recent": replace(WELL, completed=50, retried=20)}, [old()], [Code.RETRY_RATE_OVER]),
        ({"recent": replace(WELL, completed=50, retried=10, lost=5)}, [old()], [Code.RETRY_RATE_OVER]),
        ({"recent": replace(WELL, busy_s=50 * 31.0)}, [old()], [Code.AVERAGE_OVER]),
        ({"recent": replace(WELL, busy_s=50 * 30.0)}, [old()], []),
    ],
)
def test_a_queue_is_judged(changes: dict[str, Any], workers: list[WorkerInfo], codes: list[Code]) -> None:
    """Each rule speaks beyond its limit and is silent at it, and where it cannot know."""
    one = queue(**changes)
    found = judge_queue(one, facts(one, *workers))
    assert [verdict.code for verdict in found] == codes
    assert all(verdict.evidence and verdict.next for verdict in found)
    if not workers:
        unread = facts(one, problems={"workers"})
        assert [verdict.code for verdict in judge_queue(one, unread)] == [
            one for one in codes if one is not Code.NO_CONSUMER
        ]


@pytest.mark.parametrize(
    ("workers", "codes"),
    [
        ([old(silent_s=60)], []),
        ([old(silent_s=61)], [Code.STALE_WORKER]),
        ([replace(old(silent_s=61), has_ended=True)], []),
        ([replace(old(silent_s=400), registration_ends=True)], []),
        ([replace(old(silent_s=300), silent_after_s=300.0)], []),
        ([replace(old(silent_s=301), silent_after_s=300.0)], [Code.STALE_WORKER]),
        ([old(version=Untrusted("2")), old(), old()], [Code.WRONG_VERSION]),
        ([old(version=Untrusted("2"), started_s=800), old()], []),
        ([old(version=Untrusted("2")), old(started_s=800)], [Code.WRONG_VERSION]),
        ([old(version=Untrusted("2")), old(silent_s=900), old(silent_s=900)], []),
        ([old(version=Untrusted("")), old(), old()], []),
    ],
)
def test_a_worker_is_judged(workers: list[WorkerInfo], codes: list[Code]) -> None:
    """The first of the workers is stale beyond its limit, and of the wrong version beside live ones alone."""
    named = [replace(one, id=Untrusted(f"w{number}")) for number, one in enumerate(workers)]
    found = judge_worker(named[0], facts(*named))
    assert [verdict.code for verdict in found] == codes


def test_a_store_without_workers_is_not_accused() -> None:
    """Where no workers are kept, nobody can be said to listen or not; the oldest due job tells."""
    one = queue(oldest_due_at=ago(901), recent=None)
    found = judge_queue(one, facts(one, capabilities=FOREIGN))
    assert [verdict.code for verdict in found] == [Code.OLDEST_TOO_OLD]
    own = judge_queue(one, facts(one, worker("mail")))
    assert [("state:pending,scheduled,retrying" in verdict.next) for verdict in (*found, *own)] == [False, True]


def test_the_limits_of_the_profile_hold() -> None:
    """A profile's own limit takes the place of the default."""
    one = queue()
    strict = replace(LIMITS, alarms=AlarmLimits(depth=2))
    assert [verdict.code for verdict in judge_queue(one, facts(one, limits=strict))] == [Code.DEPTH_OVER]


def test_the_gravest_is_told_first() -> None:
    """What is critical stands before what is a warning, of queues and workers alike."""
    late = queue(oldest_due_at=ago(900))
    found = judge_around(facts(late, old(silent_s=900)))
    assert [one.verdict.severity for one in found] == [Severity.CRITICAL, Severity.WARNING, Severity.WARNING]
    assert {(one.subject, one.name.raw) for one in found} == {("queue", "mail"), ("worker", "web-1/4411")}


def test_dead_letters_of_all_queues_are_counted_together() -> None:
    """No queue is over the limit and all of them are; where one is, that one is told of."""
    names = ("a", "b", "c")
    many = [queue(name=Untrusted(one), **pending(1, failed=40)) for one in names]
    (found,) = judge_around(facts(*many))
    assert (found.subject, found.verdict.code, found.verdict.evidence["failed"]) == (
        "store",
        Code.DEAD_LETTERS_OVER,
        120,
    )
    worst = [queue(name=Untrusted("d"), **pending(1, failed=101)), *many]
    assert [one.name.raw for one in judge_around(facts(*worst))] == ["d"]
