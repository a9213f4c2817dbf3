"""The troubles that the demo can cause, by name: each is recognised by its verdict."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from queuetui.client import Queue
from queuetui.model.act import Act, Verb
from queuetui.model.job import NewJob
from queuetui.model.verdict import Code

HOUR_S = 3600
_ONE_SLOT = ("-q", "exports", "-c", "1", "--lease", "3")
_LARAVEL = """
create table jobs (
    id integer primary key autoincrement, queue varchar not null, payload text not null, attempts integer not null,
    reserved_at integer, available_at integer not null, created_at integer not null
);
create table failed_jobs (
    id integer primary key autoincrement, uuid varchar not null unique, connection text not null, queue text not null,
    payload text not null, exception text not null, failed_at datetime default current_timestamp not null
);
"""


# Beside every trouble of our own queue a healthy queue runs, which must have no warning.
HEALTHY_QUEUE = "import"
# It also works the queues of recurring jobs, which would otherwise be a second trouble.
HEALTHY_WORKER = ("-q", HEALTHY_QUEUE, "-q", "sync", "-q", "reports", "-c", "2", "--lease", "600")
_HEALTHY_S = (0.01, 0.1, 0.3, 1.0)


def healthy_jobs() -> list[NewJob]:
    """Return short and longer jobs that complete."""
    return [Queue.new("import_csv", {"rows": 9, "seconds": one}, queue=HEALTHY_QUEUE) for one in _HEALTHY_S]


@dataclass(frozen=True, slots=True)
class Scenario:
    """One trouble: the enqueued jobs, the workers, and what happens to them.

    `watched` is the filter of the job that the verdict is of; empty where it is of its queue. `kills` ends the workers as a crash would
    once the watched job runs, `restarts` starts workers again that have died. `attach` makes the queue of another product in a file.
    `needs_server`: it can be made on a PostgreSQL server only.
    """

    story: str
    code: Code
    watched: str = ""
    workers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    jobs: Callable[[], list[NewJob]] = list
    act: Callable[[Queue, str], object] | None = None
    kills: bool = False
    restarts: bool = False
    attach: Callable[[Path], object] | None = None
    needs_server: bool = False


def _export(seconds: float, priority: int = 0) -> NewJob:
    payload = {"file": "orders-2026-11.csv", "seconds": seconds}
    return Queue.new("export_orders", payload, queue="exports", priority=priority)


def _pause(queue: Queue, _: str) -> None:
    queue.backend.operator.apply_to_queue(Act(Verb.PAUSE, "the demo"), "exports")


def _lock_a_row(queue: Queue, url: str) -> object:
    """Enqueue a job and lock its row before any worker starts.

    It stays locked until the returned session is closed.
    """
    from queuetui.backends.native.sql.postgresql.staged_trouble import lock_rows

    queue.enqueue_many([_export(1, priority=10)])
    return lock_rows(url, "exports")


def _old_laravel_job(path: Path) -> None:
    """Create the tables of a Laravel application, with a job that has been due for an hour."""
    at = int(time.time()) - HOUR_S
    _make_laravel(path, due_at=at, created_at=at)


def _early_laravel_job(path: Path) -> None:
    """Create these tables with a job written by a host whose clock is an hour ahead."""
    now = int(time.time())
    _make_laravel(path, due_at=now, created_at=now + HOUR_S)


def _make_laravel(path: Path, *, due_at: int, created_at: int) -> None:
    payload = {
        "uuid": "0b3f4f6e-8b4c-4d0e-9d0a-3a52c9d1f0aa",
        "displayName": "App\\Jobs\\SendInvoice",
        "job": "Illuminate\\Queue\\CallQueuedHandler@call",
        "maxTries": 3,
        "data": {"commandName": "App\\Jobs\\SendInvoice", "command": ""},
    }
    # Written to a draft first, so that a reader finds all tables or no file.
    draft = path.with_suffix(".draft")
    with sqlite3.connect(draft) as database:
        database.executescript(_LARAVEL)
        database.execute(
            "insert into jobs (queue, payload, attempts, available_at, created_at) values ('default', ?, 0, ?, ?)",
            (json.dumps(payload), due_at, created_at),
        )
    database.close()
    draft.replace(path)


SCENARIOS: Mapping[str, Scenario] = {
    "killed-worker": Scenario(
        "a worker is killed in the middle of a job: its lease is over and nobody sweeps",
        Code.ORPHANED,
        "queue:exports",
        {"exports-1": _ONE_SLOT},
        lambda: [_export(600)],
        kills=True,
    ),
    "paused-queue": Scenario(
        "somebody paused the queue",
        Code.QUEUE_PAUSED,
        "queue:exports",
        {"exports-1": _ONE_SLOT},
        lambda: [_export(1)],
        _pause,
    ),
    "no-consumer": Scenario(
        "jobs are sent to a queue that no worker listens to",
        Code.NO_CONSUMER,
        "queue:exports",
        {"mail-1": ("-q", "mail", "-c", "1")},
        lambda: [_export(1)],
    ),
    "busy-but-dead": Scenario(
        "every slot is busy with a run that does not end, and others wait",
        Code.BUSY_BUT_DEAD,
        "",
        {"exports-1": _ONE_SLOT},
        lambda: [_export(600), _export(1), _export(1)],
    ),
    "poison-pill": Scenario(
        "a job kills each worker that runs it, until it is taken out",
        Code.POISON_PILL,
        "queue:exports",
        {"exports-1": _ONE_SLOT},
        lambda: [Queue.new("crash", {"name": "corrupt.pdf"}, queue="exports", max_attempts=9)],
        restarts=True,
    ),
    "missing-handler": Scenario(
        "a job is of a type that the application of no worker declares",
        Code.NO_HANDLER,
        "queue:exports",
        {"exports-1": _ONE_SLOT},
        lambda: [Queue.new("resize_image", {"file": "shoe.png"}, queue="exports")],
    ),
    "starvation": Scenario(
        "jobs of a higher priority come before one that has waited for long",
        Code.STARVED,
        "queue:exports priority<0",
        {"exports-1": _ONE_SLOT},
        lambda: [_export(60, -10), *(_export(1, 10) for _ in range(200))],
    ),
    "retry-storm": Scenario(
        "a service is down, and every job that calls it is tried again and again",
        Code.RETRY_STORM,
        "",
        {"exports-1": ("-q", "exports", "-c", "4", "--lease", "3")},
        lambda: [
            Queue.new("call_shop", {"shop": {"name": f"Shop {number}"}}, queue="exports", max_attempts=9)
            for number in range(40)
        ],
    ),
    "blocked-by-lock": Scenario(
        "a forgotten transaction holds the row of a job locked: workers pass it over, and others of its queue run",
        Code.BLOCKED_BY,
        "queue:exports priority>0",
        {"exports-1": _ONE_SLOT},
        lambda: [_export(1) for _ in range(5)],
        _lock_a_row,
        needs_server=True,
    ),
    "clock-skew": Scenario(
        "a job was written by a host whose clock is an hour ahead of the database's",
        Code.CLOCK_SKEW,
        "queue:default",
        attach=_early_laravel_job,
    ),
    "overdue-attached": Scenario(
        "a job of a Laravel application has waited for an hour, and its tables store no workers",
        Code.OVERDUE,
        "queue:default",
        attach=_old_laravel_job,
    ),
}
