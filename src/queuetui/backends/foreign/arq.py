"""arq on Redis: each queue is a sorted set of job ids, which stay until their jobs are over.

Jobs, tries, runs and results are keys of their own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from queuetui.backends.base import BackendOptions
from queuetui.backends.found import Found
from queuetui.backends.keys.backend import find_product
from queuetui.backends.keys.changes import Guard, KeysChange, Rule, holds, is_of_kind, scores, stands, take_away
from queuetui.backends.keys.lookup import make_rev
from queuetui.backends.keys.product import KeysProduct
from queuetui.backends.keys.scanned_keys import ListedKeys, QueueNames, names_in
from queuetui.backends.keys.seen import KeysMoment, Seen, unread_job
from queuetui.backends.keys.shelf import Ask, Command, Entry, Kind, Shelf
from queuetui.backends.keys.survey import Survey
from queuetui.backends.payloads.arq_pickle import job_of_result
from queuetui.backends.payloads.decoder import JSON, Decoder
from queuetui.backends.payloads.msgpack_reader import MSGPACK
from queuetui.backends.payloads.pickle_reader import PICKLE
from queuetui.backends.payloads.python_call import summarise_call
from queuetui.backends.payloads.stored_values import (
    at_of,
    number_of,
    object_of,
    read_object,
    text_of,
    to_json,
    whole_of,
)
from queuetui.backends.reading.refusals import RUNS_TWICE, states_by_verb
from queuetui.backends.reading.usual_lacks import lacking, usual_reasons
from queuetui.backends.redis.key_list import KeyList
from queuetui.backends.redis.server import RedisServer
from queuetui.model.act import JobRef, Verb
from queuetui.model.capabilities import Capabilities
from queuetui.model.errors import Denied
from queuetui.model.job import Job, JobError
from queuetui.model.state import State
from queuetui.model.text import Untrusted

_JOB, _RUN, _TRIES, _RESULT, _HEALTH = b"arq:job:", b"arq:in-progress:", b"arq:retry:", b"arq:result:", b":health-check"
_OTHERS = (_JOB, _RUN, _TRIES, _RESULT, b"arq:abort")
_QUEUE = re.compile(rb"arq:[^:].*", re.DOTALL)
_decode = partial(read_object, Decoder((), (PICKLE, JSON, MSGPACK)), "it")
# For how long arq keeps the count of tries, from the beginning of the last one, and a job after it was due.
_TRIES_LAST, _JOB_LASTS_MS = timedelta(seconds=88_400), 86_400_000
_MOST_OTHERS = 1_000
_LATER = (State.SCHEDULED, State.RETRYING)
_ENDED = (State.FAILED, State.COMPLETED, State.CANCELLED)
_STANDS = (State.PENDING, *_LATER, State.PROCESSING)
_ENDS = Shelf("result", _RESULT, Kind.KEYS, _ENDED)


@dataclass(frozen=True, slots=True)
class _Around(Survey):
    """What stands around the jobs."""

    # When it was read by the server's clock, by which keys expire.
    read_at: datetime | None = None


class Arq(KeysProduct):
    """The description of arq's queues."""

    absent: Mapping[str, str] = lacking("arq", "priority", "correlation_id", "lost", "tag") | {
        "key": "a job of arq is told from others by its id alone",
        "worker": "arq does not store which worker runs a job",
        "max_attempts": "how often a job is tried is in the application's code (max_tries)",
    }
    home = "the keys arq:"

    def __init__(self, keys: KeyList, settings: Mapping[str, str]) -> None:
        self._named = names_in(settings, "arq.queues")
        self._keys, self._names = keys, QueueNames(keys, b"arq:*", _queue_of, self._named)
        self.listed: ListedKeys = ListedKeys(keys, _RESULT)
        self.rules = (
            Rule(Verb.RETRY, frozenset({State.FAILED, State.CANCELLED}), _again),
            Rule(Verb.RETRY, frozenset(_LATER), _run_now),
            Rule(Verb.RELEASE, frozenset({State.PROCESSING}), _release),
            Rule(Verb.DELETE, frozenset({State.PENDING, *_LATER, *_ENDED}), _delete),
        )
        self.capabilities = Capabilities(
            "arq", "arq", native=False, applies=states_by_verb(self.rules), keeps=frozenset((*_STANDS, *_ENDED)),
            reasons=_REASONS, warnings=_WARNINGS, worker_command=("arq", "MODULE.WorkerSettings"),
        )  # fmt: skip

    def recognise(self, ask: Ask) -> str:
        """Tell arq by its queues, those of other names too, or by results that are left."""
        others = _find_others(self._keys.names, ask)
        self._names = QueueNames(self._keys, b"arq:*", _queue_of, [*self._named, *others])
        names = self._names.read(ask)
        kinds = dict(zip(names, ask([("TYPE", name) for name in names]), strict=True))
        if b"zset" in kinds.values() or any(ask([("EXISTS", name + _HEALTH) for name in names])):
            return "its queues, sorted sets of the ids in arq:job:ID"
        return "its results in arq:result:ID" if self.listed.read(ask).keys else ""

    def survey(self, ask: Ask) -> Survey:
        """Find the queues; a worker's beat tells neither who beats nor how many."""
        listing = self.listed.read(ask)
        ((now_s, _),) = ask([("TIME",)])
        unseen = self._names.unseen or listing.unseen
        return _Around(self._names.read(ask), unseen=unseen, listing=listing, read_at=at_of(now_s))

    def shelves(self, survey: Survey) -> tuple[Shelf, ...]:
        """Return the queues, in which jobs stay while they run, and the results."""
        ended = survey.listing.fill(_ENDS) if survey.listing else _ENDS
        return (*(Shelf("queue", name, Kind.SORTED, _STANDS, text_of(name)) for name in survey.queues), ended)

    def id_of(self, entry: Entry) -> str:
        """Return the id that a member is, or with which a result's key ends."""
        return text_of(_id(entry))

    def places(self, job_id: str, shelves: Sequence[Shelf], ask: Ask) -> tuple[Entry, ...]:
        """Look for an id in each queue, and for its result."""
        stored = job_id.encode("utf-8", "surrogatepass")
        queues = [shelf for shelf in shelves if shelf.kind is Kind.SORTED]
        *scores, is_there = ask([*(("ZSCORE", one.key, stored) for one in queues), ("EXISTS", _RESULT + stored)])
        found = [Entry(one, stored, score=at) for one, at in zip(queues, scores, strict=True) if at is not None]
        return (*found, Entry(_ENDS, _RESULT + stored)) if is_there else tuple(found)

    def loads(self, entry: Entry) -> list[Command]:
        """Read the result, or else the job and how it stands.

        That is its count of tries and since when it stands, whether it runs, and whether a worker beats.
        """
        if entry.shelf.role == "result":
            return [("GET", entry.member)]
        name = entry.member
        keys: list[Command] = [("GET", _JOB + name), ("GET", _TRIES + name), ("GET", _RUN + name)]
        return [*keys, ("PTTL", _TRIES + name), ("EXISTS", entry.shelf.key + _HEALTH)]

    def read(self, entry: Entry, loaded: Sequence[Any], moment: KeysMoment) -> Job | None:
        """Return the job of an id or of a result; an id whose job is gone is shown by itself."""
        return (
            _read_result(entry, loaded, moment)
            if entry.shelf.role == "result"
            else _read_standing(entry, loaded, moment)
        )


def _queue_of(key: bytes) -> bytes | None:
    """Return the queue that a key is, or whose beat it is."""
    name = key.removesuffix(_HEALTH)
    return name if _QUEUE.fullmatch(name) and not name.startswith(_OTHERS) else None


def _id(entry: Entry) -> bytes:
    return entry.member.removeprefix(_RESULT) if entry.shelf.role == "result" else entry.member


def _read_standing(entry: Entry, loaded: Sequence[Any], moment: KeysMoment) -> Job:
    raw, tries, run, tries_ms, beats = loaded
    said, problem = _decode(raw)
    due, tried = at_of(entry.score), whole_of(tries)
    state = State.PENDING
    if run is not None:
        state = State.PROCESSING
    elif due is not None and due > moment.now:
        state = State.RETRYING if tried else State.SCHEDULED
    ref = JobRef(moment.backend, text_of(entry.member), make_rev(entry, raw, tries, run))
    if said is None:
        return replace(unread_job(ref, entry.shelf, state, _GONE if raw is None else problem), scheduled_at=due)
    is_run = state is State.PROCESSING
    began = _began(due, int(tries_ms), moment) if is_run else None
    remarks = [_UNTIMED] if is_run else [_NO_ERROR] if tried else []
    if is_run and not beats:
        remarks.append(_SILENT)
    call, payload = str(said.get("f")), to_json({"args": said.get("a") or [], "kwargs": said.get("k") or {}})
    return Job(
        ref, Untrusted(call), Untrusted(entry.shelf.queue or ""), state, Untrusted(payload),
        data=summarise_call(call, payload, moment.summaries),
        attempts=tried,
        created_at=at_of(said.get("et")),
        scheduled_at=None if is_run else due,
        started_at=began,
        lease_until=began if is_run and not beats else None,
        remarks=tuple(remarks),
    )  # fmt: skip


def _began(due: datetime | None, tries_ms: int, moment: KeysMoment) -> datetime | None:
    """Return when a run began, by how long its count of tries still stands; or since when it was due."""
    left = timedelta(milliseconds=tries_ms)
    read_at = moment.survey.read_at if isinstance(moment.survey, _Around) else None
    return read_at - (_TRIES_LAST - left) if read_at and timedelta(0) < left <= _TRIES_LAST else due


def _read_result(entry: Entry, loaded: Sequence[Any], moment: KeysMoment) -> Job | None:
    (raw,) = loaded
    if raw is None:
        return None
    said, problem = _decode(raw)
    ref = JobRef(moment.backend, text_of(_id(entry)), make_rev(entry, raw))
    if said is None:
        return unread_job(ref, entry.shelf, State.FAILED, problem)
    is_failed = not said.get("s")
    is_aborted = is_failed and _is_aborted(said.get("r"))
    call, payload = str(said.get("f")), to_json({"args": said.get("a") or [], "kwargs": said.get("k") or {}})
    error = _read_error(said.get("r")) if is_failed and not is_aborted else None
    state = State.CANCELLED if is_aborted else State.FAILED if is_failed else State.COMPLETED
    return Job(
        ref, Untrusted(call), Untrusted(str(said.get("q") or "")), state, Untrusted(payload),
        data=summarise_call(call, payload, moment.summaries),
        # What arq gives up by itself has been counted as one more try, which was not begun.
        attempts=max(number_of(said.get("t")) - int(_is_given_up(error)), 0),
        error=error,
        result=None if is_failed else Untrusted(to_json(said.get("r"))),
        created_at=at_of(said.get("et")),
        started_at=at_of(said.get("st")),
        completed_at=at_of(said.get("ft")),
        remarks=(_ABORTED,) if is_aborted else (_NO_TRACE,) if is_failed else (),
    )  # fmt: skip


def _is_given_up(error: JobError | None) -> bool:
    """Tell whether arq ended a job by itself, before a run of it began."""
    if error is None or error.class_name.raw.rpartition(".")[2] != "JobExecutionFailed":
        return False
    return _NOT_BEGUN.fullmatch(error.message.raw) is not None


def _is_aborted(told: object) -> bool:
    """Tell whether a result is that of `Job.abort`; what a worker cuts off, arq runs again."""
    return isinstance(told, dict) and str(told.get("__class__")).rpartition(".")[2] == "CancelledError"


def _read_error(told: object) -> JobError:
    """Return the exception that a pickle names, or the words that stand in its place."""
    if not isinstance(told, dict) or "__class__" not in told:
        return JobError(Untrusted(""), Untrusted(told if isinstance(told, str) else to_json(told)), Untrusted(""))
    args = told.get("args")
    words = [one if isinstance(one, str) else to_json(one) for one in args] if isinstance(args, list) else []
    return JobError(Untrusted(str(told["__class__"]).rpartition(".")[2]), Untrusted(", ".join(words)), Untrusted(""))


def _still(seen: Seen) -> tuple[Guard, ...]:
    """Return the guards that a waiting job stands as it was seen, and that nobody runs it."""
    name = seen.entry.member
    return (stands(seen.entry), holds(_JOB + name, seen.loaded[0]), holds(_RUN + name, None))


def _again(seen: Seen, moment: KeysMoment) -> KeysChange | str:
    """Enqueue what failed anew, as it was enqueued first."""
    name, (raw,), queue = _id(seen.entry), seen.loaded, seen.job.queue.raw.encode("utf-8", "surrogatepass")
    job = _job_of(raw)
    if job is None or not queue:
        return _UNWRITABLE
    shelf = Shelf("queue", queue, Kind.SORTED, _STANDS, seen.job.queue.raw)
    nowhere = (holds(_JOB + name, None), scores(queue, name, None), is_of_kind(shelf))
    return KeysChange(
        (holds(seen.entry.member, raw), *nowhere),
        (("PSETEX", _JOB + name, _JOB_LASTS_MS, job), ("ZADD", queue, moment.now_ms, name)),
        (("DEL", seen.entry.member), ("DEL", _TRIES + name)),
        kept=(seen.entry.member, _TRIES + name),
        after=Entry(shelf, name),
    )


def _job_of(raw: bytes) -> bytes | None:
    """Return what is to be enqueued: the beginning of the pickle, or the same fields of JSON."""
    said = object_of(raw)
    if said is None:
        return job_of_result(raw)
    return json.dumps({**{name: said.get(name) for name in "fak"}, "t": None, "et": said.get("et")}).encode()


def _run_now(seen: Seen, moment: KeysMoment) -> KeysChange | str:
    entry = seen.entry
    now: Command = ("ZADD", entry.shelf.key, "XX", moment.now_ms, entry.member)
    return KeysChange(_still(seen), (now,), after=entry) if seen.loaded[0] else _GONE


def _release(seen: Seen, moment: KeysMoment) -> KeysChange | str:
    """Delete the mark of a run, as its expiry would; the next worker then takes the job."""
    if not moment.is_held_too_long(seen.job):
        return _RUNS_ON
    run = _RUN + seen.entry.member
    guards = (stands(seen.entry), holds(run, seen.loaded[2]))
    return KeysChange(guards, removes=(("DEL", run),), kept=(run,), after=seen.entry, note=RUNS_TWICE)


def _delete(seen: Seen, moment: KeysMoment) -> KeysChange | str:  # noqa: ARG001 - every rule is asked alike
    if seen.entry.shelf.role == "result":
        unchanged = holds(seen.entry.member, seen.loaded[0])
        return KeysChange((unchanged,), removes=(take_away(seen.entry),), kept=(seen.entry.member,))
    keys = (_JOB + seen.entry.member, _TRIES + seen.entry.member)
    return KeysChange(_still(seen), removes=(take_away(seen.entry), *(("DEL", key) for key in keys)), kept=keys)


_GONE = "its job expired or was deleted: a worker that takes its id fails it as expired"
_UNWRITABLE = "its result is not as arq's own pickle builds it, so its arguments cannot be enqueued again here"
_RUNS_ON = (
    "it may still run: it is released once it is held for too long, and arq itself takes it again when its mark expires"
)
_UNTIMED = (
    "arq does not store when a run began: this is told by how long its count of tries is kept, or by when it was due"
)
_NO_ERROR = "arq keeps no error of a run that is tried again"
_NOT_BEGUN = re.compile(r"max \d+ retries exceeded|job expired|function .* not found", re.DOTALL)
_ABORTED = "it was aborted, before it ran or while it did: arq stores the same of both"
_NO_TRACE = "arq keeps no traceback: it stands in the worker's log"
_SILENT = "no worker of its queue beats"
_REASONS = usual_reasons("arq", schedules="arq's cron jobs are in the application's code") | {
    Verb.CANCEL: "a worker of arq alone aborts, where it is allowed to (allow_abort_jobs): use Job.abort, or delete a job that waits"
}
_WARNINGS = {
    Verb.RETRY: "a job that has ended begins anew: its result and its count of tries are taken away",
    Verb.RELEASE: "arq stores no workers: make sure that the job's worker is dead, or the job runs twice",
    Verb.DELETE: "arq keeps no copy of a deleted job",
}


def _find_others(names: Sequence[bytes], ask: Ask) -> list[bytes]:
    """Return the queues of other names: sorted sets whose first member is a job of arq."""
    jobs = {name for name in names if name.startswith(_JOB)}
    others = [name for name in names if not name.startswith(b"arq:")][:_MOST_OTHERS] if jobs else []
    try:
        kinds = ask([("TYPE", name) for name in others])
        sets = [name for name, kind in zip(others, kinds, strict=True) if kind == b"zset"]
        firsts = ask([("ZRANGE", name, 0, 0) for name in sets])
    except Denied:
        return []
    return [name for name, some in zip(sets, firsts, strict=True) if some and _JOB + some[0] in jobs]


def find(server: RedisServer, url: str, options: BackendOptions) -> tuple[Found, ...]:
    """Return arq's queues if the server's database holds them."""
    return find_product(server, url, Arq(server.key_list, options.settings), options)
