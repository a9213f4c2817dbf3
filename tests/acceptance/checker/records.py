"""What a run was and what the store holds in the end, as plain records."""

from __future__ import annotations

import msgspec

GRADES = ("C", "B", "A")


class Setup(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What was run: `drained` tells that the run waited for the last job, `traced` that durable events were recorded for every enqueue.

    `recovery_s` bounds how long an idle store may leave a runnable job: lease, sweep and poll; `pause_grace_s` how long a frozen run
    may go on once woken. `count_all` tells that every enqueue of the store is in the events, so that its tally can be compared.
    """

    backend: str = ""
    isolation: str = "thread"
    grade: str = "A"
    lease_s: float = 30.0
    recovery_s: float = 42.0
    pause_grace_s: float = 0.25
    seed: int = 0
    command: str = ""
    versions: dict[str, str] = {}
    drained: bool = True
    traced: bool = False
    count_all: bool = True


class StoredJob(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A job as the store holds it in the end; times are microseconds of the store's clock."""

    id: str
    state: str
    queue: str = ""
    type: str = ""
    digest: str = ""
    priority: int = 0
    attempts: int = 0
    max_attempts: int = 0
    lost: int = 0
    error_class: str = ""
    key: str = ""
    created_us: int = 0
    due_us: int = 0
    started_us: int = 0
    done_us: int = 0
    lease_until_us: int = 0
    cancel_requested: bool = False


class KeptAttempt(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """An ended run that the store keeps: failures, losses and lost acknowledgements."""

    fence: int
    outcome: str
    error_class: str = ""
    worker: str = ""
    started_us: int = 0
    ended_us: int = 0


class Figures(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """How many transitions the store has counted."""

    enqueued: int = 0
    started: int = 0
    completed: int = 0
    failed: int = 0
    retried: int = 0
    lost: int = 0


class Dump(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What the store holds in the end; `attempts` by job id, only of jobs that have any."""

    jobs: tuple[StoredJob, ...] = ()
    attempts: dict[str, tuple[KeptAttempt, ...]] = {}
    tally: Figures | None = None
    grade: str = ""
