"""What is declared of a system that a truth file does not say: what its verbs do to its jobs, and when a run is stuck."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from queuetui.model.act import Verb
from queuetui.model.job import Job
from queuetui.model.schedule import KeptSchedule
from queuetui.model.state import State
from tests.backends.captures import query

Values = Mapping[str, object]


@dataclass(frozen=True)
class Deed:
    """A verb, the word of the truth whose jobs it is done to, and the state they are in afterwards (None: gone).

    `columns` are what the job's row or keys then hold, by the system's own format; `after_s` is when it is done, counted from the capture.
    `unless` are words of remarks, divided by |, by which a job says that it cannot be done to it, `needs` what must be known of it.
    A state that hangs on the job is a function of it. `or_blocked`: what it waits for besides may be taken.
    `by_worker`: it is done by a worker, and so only where that of the job is registered.
    """

    verb: Verb
    word: str
    state: State | Callable[[Job], State] | None
    columns: Values
    after_s: float = 1
    unless: str = ""
    needs: str = ""
    or_blocked: bool = False
    by_worker: bool = False

    def state_of(self, job: Job) -> State | None:
        """Return the state that a job is in afterwards."""
        return self.state(job) if callable(self.state) else self.state


@dataclass(frozen=True)
class Expectation:
    """`stuck_after_s`: when the truth's stuck jobs are stuck, counted from the capture.

    `stored` reads what is stored of a job, by URL and id, None where nothing is. `unsure`: fields of a job that the system itself
    does not store in every case, each with words of the remark by which the job says so; such a count is a least one but where `guessed`.
    "due" among them is since when a job waits. `one_queue`: all jobs are of one, whose name is in what is stored and not in the truth.
    `by_functions`: its verbs call functions of its schema; a capture without them is only read. `lend` creates
    those of the system that is installed here.
    `schedules` are what a capture of a folder has of them, and `scheduling` the statements that put some into one that has none.
    `refusal` are words of notes, divided by |, by which a rule of the product keeps a job as it is; a capture need have no such job.
    `shown_by` is the id that a job is shown by, of its name in the truth, and `queue_of` the name of a queue, of the truth's.
    """

    kind: str
    stuck_after_s: float
    deeds: tuple[Deed, ...]
    stored: Callable[[str, str], Values | None]
    unsure: Mapping[str, str] = field(default_factory=dict)
    guessed: frozenset[str] = frozenset()
    one_queue: bool = False
    by_functions: bool = False
    lend: Callable[[str], object] = lambda _: None
    shown_by: Callable[[str, Values], str] = lambda name, _: name
    queue_of: Callable[[str], str] = lambda name: name
    schedules: Mapping[str, tuple[KeptSchedule, ...]] = field(default_factory=dict)
    scheduling: str = ""
    refusal: str = ""


def row_of(statement: str) -> Callable[[str, str], Values | None]:
    """Return a reader of a job's row as JSON."""

    def read(url: str, job_id: str) -> Values | None:
        rows = query(url, statement.format(id=job_id))
        found: Values | None = json.loads(rows[0][0]) if rows else None
        return found

    return read


def members_of(client: Any, prefix: bytes) -> list[tuple[str, list[bytes]]]:
    """Return what stands in each list and sorted set, with the first word of its key."""
    readers = {b"list": lambda key: client.lrange(key, 0, -1), b"zset": lambda key: client.zrange(key, 0, -1)}
    keys = [key for key in client.keys(prefix + b"*") if client.type(key) in readers]
    return [(key.removeprefix(prefix).split(b":")[0].decode(), readers[client.type(key)](key)) for key in keys]
