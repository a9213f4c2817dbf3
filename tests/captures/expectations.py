"""What each system does with its jobs that a truth file does not say: declared here, once a system."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import redis

from queuetui.model.act import Verb
from queuetui.model.job import Job
from queuetui.model.state import State
from tests.backends.captures import query, table_names

Values = Mapping[str, object]


@dataclass(frozen=True)
class Deed:
    """A verb, the word of the truth whose jobs it is done to, and the state they are in afterwards (None: gone).

    `columns` are what the job's row or keys then hold, by the system's own format; `after_s` is when it is done, counted from the capture.
    `unless` are words of a remark by which a job says that it cannot be done to it. A state that hangs on the job is a function of it.
    """

    verb: Verb
    word: str
    state: State | Callable[[Job], State] | None
    columns: Values
    after_s: float = 1
    unless: str = ""

    def state_of(self, job: Job) -> State | None:
        """Return the state that a job is in afterwards."""
        return self.state(job) if callable(self.state) else self.state


@dataclass(frozen=True)
class Expectation:
    """`stuck_after_s`: when the truth's stuck jobs are stuck, counted from the capture.

    `stored` reads what is stored of a job, by URL and id, None where nothing is. `unsure`: fields of a job that the system itself
    does not store in every case, each with words of the remark by which the job says so; such a count is a least one but where `guessed`.
    `shown_by` is the id that a job is shown by, of its name in the truth.
    """

    kind: str
    stuck_after_s: float
    deeds: tuple[Deed, ...]
    stored: Callable[[str, str], Values | None]
    unsure: Mapping[str, str] = field(default_factory=dict)
    guessed: frozenset[str] = frozenset()
    shown_by: Callable[[str, Values], str] = lambda name, _: name


def _row(statement: str) -> Callable[[str, str], Values | None]:
    """Return a reader of a job's row as JSON."""

    def read(url: str, job_id: str) -> Values | None:
        rows = query(url, statement.format(id=job_id))
        found: Values | None = json.loads(rows[0][0]) if rows else None
        return found

    return read


def _rq_job(url: str, job_id: str) -> Values | None:
    """Return the hash of a job of RQ, with the kinds of keys in which its id stands."""
    stored = job_id.encode("utf-8", "surrogatepass")
    with redis.Redis.from_url(url) as client:
        values = {name.decode(): value for name, value in client.hgetall(b"rq:job:" + stored).items()}
        roles = {role for role, members in _members(client, b"rq:") if stored in members}
        # The time to live of a failed job's hash is a year: a job that waits must not vanish by it.
        expires = client.ttl(b"rq:job:" + stored) > 0
    text = {name: value.decode("utf-8", "replace") for name, value in values.items() if name != "data"}
    return {**text, "stands": roles, "expires": expires} if values or roles else None


def _sidekiq_job(url: str, job_id: str) -> Values | None:
    """Return the message of a job of Sidekiq, with the kinds of keys in which it stands."""
    with redis.Redis.from_url(url) as client:
        found = {
            role: json.loads(member)
            for role, members in _members(client, b"")
            for member in members
            if job_id.encode() in member and role in ("queue", "schedule", "retry", "dead")
        }
    return None if not found else {**next(iter(found.values())), "stands": set(found)}


def _members(client: Any, prefix: bytes) -> list[tuple[str, list[bytes]]]:
    """Return what stands in each list and sorted set, with the first word of its key."""
    readers = {b"list": lambda key: client.lrange(key, 0, -1), b"zset": lambda key: client.zrange(key, 0, -1)}
    keys = [key for key in client.keys(prefix + b"*") if client.type(key) in readers]
    return [(key.removeprefix(prefix).split(b":")[0].decode(), readers[client.type(key)](key)) for key in keys]


_LATE_S = 3001
_PG_BOSS = Expectation(
    kind="pg-boss",
    stuck_after_s=_LATE_S,
    deeds=(
        Deed(Verb.RETRY, "failed", State.RETRYING, {"state": "retry", "completed_on": None}),
        Deed(Verb.RETRY, "cancelled", State.PENDING, {"state": "created", "completed_on": None}),
        Deed(Verb.RETRY, "delayed", State.PENDING, {"state": "created"}),
        Deed(Verb.RETRY, "retrying", State.RETRYING, {"state": "retry"}),
        Deed(Verb.CANCEL, "waiting", State.CANCELLED, {"state": "cancelled"}),
        Deed(Verb.CANCEL, "stuck", State.CANCELLED, {"state": "cancelled"}),
        Deed(Verb.DELETE, "waiting", None, {}),
        Deed(Verb.DELETE, "completed", None, {}),
        Deed(Verb.DELETE, "stuck", None, {}, _LATE_S),
        Deed(Verb.RELEASE, "stuck", State.RETRYING, {"state": "retry", "completed_on": None}, _LATE_S),
    ),
    stored=_row("select row_to_json(job)::text from pgboss.job where id::text = '{id}'"),
)
_QUEUED: Values = {"status": "queued", "stands": {"queue"}, "expires": False}
_CANCELED: Values = {"status": "canceled", "stands": {"canceled"}}
_RQ = Expectation(
    kind="rq",
    stuck_after_s=_LATE_S,
    deeds=(
        Deed(Verb.RETRY, "failed", State.PENDING, {**_QUEUED, "started_at": "", "ended_at": ""}),
        Deed(Verb.RETRY, "delayed", State.PENDING, _QUEUED),
        Deed(Verb.RETRY, "retrying", State.PENDING, _QUEUED),
        Deed(Verb.RELEASE, "stuck", State.PENDING, {**_QUEUED, "started_at": ""}, _LATE_S),
        *(
            Deed(Verb.CANCEL, word, State.CANCELLED, _CANCELED)
            for word in ("waiting", "delayed", "retrying", "blocked")
        ),
        *(
            Deed(Verb.DELETE, word, None, {})
            for word in ("waiting", "delayed", "retrying", "blocked", "failed", "completed", "cancelled")
        ),
    ),
    stored=_rq_job,
    unsure={"attempts": "no count of attempts", "error": "no error of a run that is tried again"},
)
_SIDEKIQ = Expectation(
    kind="sidekiq",
    stuck_after_s=_LATE_S,
    deeds=(
        Deed(Verb.RETRY, "failed", State.PENDING, {"stands": {"queue"}}),
        Deed(Verb.RETRY, "delayed", State.PENDING, {"stands": {"queue"}}),
        Deed(Verb.RETRY, "retrying", State.PENDING, {"stands": {"queue"}}),
        Deed(Verb.CANCEL, "retrying", State.FAILED, {"stands": {"dead"}}),
        *(Deed(Verb.DELETE, word, None, {}) for word in ("waiting", "delayed", "retrying", "failed")),
    ),
    stored=_sidekiq_job,
)
_OVER_S = 301
_CANCELLED = "cancelled by an operator"
_PHALCON = Expectation(
    kind="mapped:phalcon",
    stuck_after_s=_OVER_S,
    deeds=(
        Deed(
            Verb.RETRY,
            "failed",
            State.PENDING,
            {"status": "pending", "attempts": 0, "error": None, "started": None, "completed": None, "scheduled": None},
        ),
        Deed(Verb.RETRY, "retrying", State.PENDING, {"status": "pending", "error": None, "scheduled": None}),
        Deed(Verb.RETRY, "delayed", State.PENDING, {"status": "pending", "scheduled": None}),
        Deed(Verb.CANCEL, "waiting", State.FAILED, {"status": "failed", "error": _CANCELLED}),
        Deed(Verb.CANCEL, "delayed", State.FAILED, {"status": "failed", "error": _CANCELLED}),
        Deed(Verb.RELEASE, "stuck", State.PENDING, {"status": "pending", "attempts": 1, "started": None}, _OVER_S),
        *(Deed(Verb.DELETE, word, None, {}) for word in ("waiting", "delayed", "retrying", "completed", "failed")),
    ),
    stored=_row(
        "select json_object('status', status, 'attempts', attempts, 'error', error_message, 'started', started_at, "
        "'completed', completed_at, 'scheduled', scheduled_at) from jobs where id = '{id}'"
    ),
)
_PRISMA = Expectation(
    kind="mapped:prisma",
    stuck_after_s=_OVER_S,
    deeds=(
        Deed(Verb.RETRY, "failed", State.PENDING, {"status": "PENDING", "attempts": 0, "startedAt": None}),
        Deed(Verb.RETRY, "retrying", State.PENDING, {"status": "PENDING", "attempts": 0}),
        Deed(Verb.RETRY, "delayed", State.PENDING, {"status": "PENDING", "attempts": 0}),
        *(
            Deed(Verb.CANCEL, word, State.FAILED, {"status": "DEAD_LETTER", "lastError": _CANCELLED})
            for word in ("waiting", "delayed", "retrying")
        ),
        Deed(Verb.RELEASE, "stuck", State.RETRYING, {"status": "PENDING", "attempts": 2}, _OVER_S),
        *(Deed(Verb.DELETE, word, None, {}) for word in ("waiting", "delayed", "retrying", "completed", "failed")),
    ),
    stored=_row("""select row_to_json(one)::text from "JobQueue" one where id = '{id}'"""),
)
# Its jobs are its workers' affair: no verb is declared for them.
_RUST = Expectation(
    kind="mapped:rust-platform",
    stuck_after_s=_OVER_S,
    deeds=(),
    stored=_row("select row_to_json(jobs)::text from jobs where id = '{id}'"),
)


def _laravel_job(url: str, job_id: str) -> Values | None:
    """Return what stands of a job of Laravel in the tables of any prefix, by its uuid or by its row."""
    table, _, row = job_id.partition("-")
    for name in table_names(url):
        stands = next((half for half in ("failed_jobs", "jobs") if name.endswith(half)), None)
        rows = {"jobs": "job", "failed_jobs": "failed"}.get(stands or "")
        if rows is None:
            continue
        at = f"id = {row}" if rows == table else f"payload like '%{job_id}%'"
        counted = "null, null" if rows == "failed" else "attempts, reserved_at"
        for attempts, reserved_at in query(url, f"select {counted} from {name} where {at}"):
            return {"table": stands, "attempts": attempts, "reserved_at": reserved_at}
    return None


def _laravel_id(name: str, true: Values) -> str:
    """Laravel before 5.8 gives its jobs no uuid: they are named by their rows."""
    try:
        return str(UUID(name))
    except ValueError:
        half = "failed" if str(true.get("table", "")).endswith("failed_jobs") else "job"
        return f"{half}-{true['row_id']}" if "row_id" in true else name


_AGAIN: Values = {"table": "jobs", "attempts": 0, "reserved_at": None}
_LARAVEL = Expectation(
    kind="laravel",
    stuck_after_s=_OVER_S,
    deeds=(
        Deed(Verb.RETRY, "failed", State.PENDING, _AGAIN, unless="cannot be retried here"),
        Deed(Verb.RETRY, "delayed", State.PENDING, _AGAIN),
        Deed(Verb.RETRY, "retrying", State.PENDING, _AGAIN),
        Deed(
            Verb.RELEASE,
            "stuck",
            lambda job: State.RETRYING if job.attempts > 1 else State.PENDING,
            {"table": "jobs", "reserved_at": None},
            _OVER_S,
        ),
        *(
            Deed(verb, word, None, {}, _OVER_S if word == "stuck" else 1)
            for verb in (Verb.CANCEL, Verb.DELETE)
            for word in ("waiting", "delayed", "retrying", "stuck")
        ),
        Deed(Verb.DELETE, "failed", None, {}),
    ),
    stored=_laravel_job,
    unsure={"attempts": "attempts are what"},
    guessed=frozenset({"attempts"}),
    shown_by=_laravel_id,
)
# By the "system" of a truth file.
EXPECTATIONS = {
    "pg-boss": _PG_BOSS,
    "rq": _RQ,
    "sidekiq": _SIDEKIQ,
    "laravel-database": _LARAVEL,
    "plain-phalcon": _PHALCON,
    "plain-prisma": _PRISMA,
    "plain-rust": _RUST,
}
