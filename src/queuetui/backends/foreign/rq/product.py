"""RQ 1.16, 2 and 3: ids stand in lists and registries, each job in a hash, its results in a stream."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from queuetui.backends.foreign.rq.cron import read_cron
from queuetui.backends.foreign.rq.repeats import count_repeated
from queuetui.backends.foreign.rq.runs import count_runs
from queuetui.backends.foreign.rq.shelves import ROLES, bare_id, key_of, queue_of, shelf_of
from queuetui.backends.keys.changes import KeysChange, Rule, is_of_kind, says, stands, take_away
from queuetui.backends.keys.lookup import entries_of, make_rev
from queuetui.backends.keys.product import KeysProduct
from queuetui.backends.keys.seen import KeysMoment, Seen
from queuetui.backends.keys.shelf import Ask, Command, Entry, Shelf
from queuetui.backends.keys.survey import Repeated, Survey
from queuetui.backends.payloads.containers import BASE64
from queuetui.backends.payloads.decoder import JSON, Decoder
from queuetui.backends.payloads.msgpack_reader import MSGPACK
from queuetui.backends.payloads.pickle_reader import PICKLE
from queuetui.backends.payloads.python_call import summarise_call
from queuetui.backends.payloads.python_traceback import read_packed_traceback
from queuetui.backends.payloads.rq_call import read_call
from queuetui.backends.payloads.stored_values import at_of, list_of, pairs_of, text_of, time_of
from queuetui.backends.reading.refusals import RUNS_TWICE, states_by_verb
from queuetui.backends.reading.usual_lacks import lacking, usual_reasons
from queuetui.backends.schedulers.rq_scheduler import ROLE, once, read_repeating, scheduler_shelf
from queuetui.model.act import JobRef, Verb
from queuetui.model.capabilities import Capabilities, Liveness
from queuetui.model.clock import to_text
from queuetui.model.job import Attempt, Job, JobError
from queuetui.model.schedule import KeptSchedule
from queuetui.model.state import PUT_OFF, WAITING, State
from queuetui.model.text import Untrusted
from queuetui.model.worker import WorkerInfo

# What an act must find as it was seen.
_SEEN = "status origin description created_at enqueued_at started_at ended_at retries_left".split()  # noqa: SIM905 - as many quotes would hide the names
_FIELDS = (
    *_SEEN, "retry_intervals", "number_of_retries", "worker_name", "exc_info", "group_id", "rate_limit_key", "data", "dependency_ids",
)  # fmt: skip
_WORKER_FIELDS = "hostname pid version queues state birth last_heartbeat death".split()  # noqa: SIM905 - as above
_ENDED = ("scheduled", "failed", "finished")
# RQ's own words for a run whose worker died.
_BY_RQ = re.compile(r"due to (\w+), at")
_OUTCOMES = {"2": "failed", "3": "stopped", "4": "retried"}
# What a job's status says where it counts as standing on a shelf of this role: one that repeats is left there from its last run.
_COUNTS_IF = {"finished": ("finished",), ROLE: ("scheduled", "created", "")}
_RUNS = "its worker still has time: it is released once RQ itself would take its run for abandoned"
_GONE = "its hash is gone: it expired or was deleted, and a worker that takes its id drops it"
_NO_COUNT = "RQ stores no count of attempts: at least so many, by the retries that are left"
_RATED = "it is limited by a rate, for which RQ keeps slots of its own; see to it in the application"
_NO_ERROR = "RQ keeps no error of a run that is tried again"
_RETURNED = Decoder((BASE64,), (PICKLE, JSON, MSGPACK))
USUAL_PREFIX = "rq"
_TOO_OLD = "it failed in RQ 0.13 or before, which is only read: use its own rq requeue"


class Rq(KeysProduct):
    """The description of RQ; `prefix` is what RQ_KEY_PREFIX changes from 3 on."""

    absent: Mapping[str, str] = lacking("RQ", "key", "correlation_id", "lost", "tag") | {
        "priority": "RQ's jobs have no priority: workers take whole queues in an order of their own"
    }

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix.encode()
        self.home = f"the set {prefix}:queues"
        self.rules = (
            Rule(Verb.RETRY, PUT_OFF | {State.FAILED}, once(self._enqueue)),
            Rule(Verb.RELEASE, frozenset({State.PROCESSING}), once(self._enqueue)),
            Rule(
                Verb.CANCEL,
                WAITING | {State.BLOCKED},
                once(self._cancel),
            ),
            Rule(Verb.DELETE, frozenset(State) - {State.PROCESSING}, once(self._delete)),
        )
        self.capabilities = Capabilities(
            "rq", "RQ", native=False, applies=states_by_verb(self.rules), keeps=frozenset(State), reasons=_REASONS,
            liveness=Liveness.DEADLINE, workers=True, attempts=True, warnings=_WARNINGS, worker_command=("rq", "worker", "-s", "{queue}"),
        )  # fmt: skip

    def recognise(self, ask: Ask) -> str:
        """Tell RQ by its sets of queues and workers."""
        keys = (*map(self._key, ("queues", "workers", "cron_schedulers")), scheduler_shelf(self.prefix).key)
        *types, cron, later = ask([("TYPE", key) for key in keys])
        self.capabilities = replace(self.capabilities, schedules=b"zset" in (cron, later))
        is_usual = self.prefix == USUAL_PREFIX.encode() and (b"set" in types or later == b"zset")
        is_there = is_usual or self._is_own(types, ask)
        return f"its sets of queues and workers begin with {self.prefix.decode()}:" if is_there else ""

    def _is_own(self, types: Sequence[bytes], ask: Ask) -> bool:
        """Tell whether what another product may have under such names holds RQ's own."""
        kinds = [kind for kind, found in zip(("queue", "worker"), types, strict=True) if found == b"set"]
        some = ask([("SRANDMEMBER", self._key(f"{kind}s"), 10) for kind in kinds])
        pairs = zip(kinds, some, strict=True)
        return any(one.startswith(self._key(kind, b"")) for kind, members in pairs for one in members)

    def survey(self, ask: Ask) -> Survey:
        """Read which queues and workers are registered; a worker lives until its hash expires."""
        queues, workers = ask([("SMEMBERS", self._key(name)) for name in ("queues", "workers")])
        head = self._key("queue", b"")
        cards = ask([("HMGET", key, *_WORKER_FIELDS) for key in sorted(workers)])
        *ends, suspended = ask([*(("PTTL", key) for key in sorted(workers)), ("EXISTS", self._key("suspended"))])
        found = [_read_worker(*one) for one in zip(sorted(workers), cards, ends, strict=True)]
        names = sorted(key.removeprefix(head) for key in queues if key.startswith(head))
        return Survey(tuple(names), tuple(filter(None, found)), suspended_by="rq suspend" if suspended else "")

    def schedules(self, survey: Survey, ask: Ask) -> list[KeptSchedule]:
        """Return the cron jobs of the schedulers that beat, and what rq-scheduler repeats."""
        return [*read_cron(self.prefix, ask), *read_repeating(self.prefix, ask)]

    def shelves(self, survey: Survey) -> tuple[Shelf, ...]:
        """Return the lists and registries of every queue, by role."""
        of_queues = (shelf_of(self.prefix, role, name) for role in ROLES for name in survey.queues)
        return (scheduler_shelf(self.prefix), *of_queues)

    def id_of(self, entry: Entry) -> str:
        """Return the id that a member is, or begins with."""
        return bare_id(entry).decode("utf-8", "replace")

    def places(self, job_id: str, shelves: Sequence[Shelf], ask: Ask) -> tuple[Entry, ...]:
        """Look into each registry for an id; the one queue that the job names is enough where it names one."""
        stored = job_id.encode("utf-8", "surrogatepass")
        (origin,) = ask([("HGET", self._key("job", stored), "origin")])
        near = [one for one in shelves if origin is None or one.queue in (None, text_of(origin))]
        plain = [one for one in near if one.role != "wip"]
        found = entries_of([(one, stored) for one in plain], ask)
        wips = [one for one in near if one not in plain]
        runs = zip(wips, ask([one.slice(0, 1_000) for one in wips]), strict=True)
        return (*(e for one, reply in runs for e in one.entries(reply, 0) if bare_id(e) == stored), *found)

    def loads(self, entry: Entry) -> list[Command]:
        """Read the hash and how many results are kept; of a job that has run also the last one."""
        job_id = bare_id(entry)
        results = self._key("results", job_id)
        found: list[Command] = [("HMGET", self._key("job", job_id), *_FIELDS), ("XLEN", results)]
        if entry.shelf.role in _ENDED:
            found.append(("XREVRANGE", results, "+", "-", "COUNT", 1))
        elif entry.shelf.role == ROLE:
            found.append(("HGET", self._key("job", job_id), "meta"))
        elif entry.shelf.role == "intermediate":
            found.append(("GET", b"%b:first_seen:%b" % (entry.shelf.key, job_id)))
        return found

    def read(self, entry: Entry, loaded: Sequence[Any], moment: KeysMoment) -> Job | None:
        """Return the job of an entry; one that repeats also stands among the finished until it runs again."""
        raw, kept = dict(zip(_FIELDS, loaded[0], strict=True)), int(loaded[1])
        values = {name: text_of(value) for name, value in raw.items() if name != "data"}
        ref = JobRef(moment.backend, self.id_of(entry), make_rev(entry, *(values[name] for name in _SEEN)))
        queue = Untrusted(values["origin"] or entry.shelf.queue or "")
        if raw["status"] is None:
            return Job(ref, Untrusted("?"), queue, entry.shelf.states[0], Untrusted(""), remarks=(_GONE,))
        if entry.shelf.role in _COUNTS_IF and values["status"] not in _COUNTS_IF[entry.shelf.role]:
            return None
        result = pairs_of(loaded[2][0][1]) if entry.shelf.role in _ENDED and loaded[2] else {}
        state = _state_of(entry.shelf, values, result)
        attempts, left, is_sure = count_runs(values, kept, state)
        call, payload, problem = read_call(raw["data"], values["description"])
        error = _read_error(result, raw["exc_info"]) if state in (State.FAILED, State.RETRYING) else None
        returned = _RETURNED.decode(result["return_value"]).text if "return_value" in result else ""
        unread = f"its data cannot be read here: {problem}" if problem else ""
        no_error = _NO_ERROR if state is State.RETRYING and error is None else ""
        return Job(
            ref, Untrusted(call), queue, state, Untrusted(payload),
            data=summarise_call(call, payload, moment.summaries),
            attempts=attempts, max_attempts=None if left is None else attempts + left,
            error=error,
            result=Untrusted(returned) if returned else None,
            worker=Untrusted(values["worker_name"]) if values["worker_name"] and state is State.PROCESSING else None,
            created_at=time_of(values["created_at"]),
            scheduled_at=at_of(entry.score) if entry.shelf.role in ("scheduled", ROLE) else time_of(values["enqueued_at"]),
            started_at=time_of(values["started_at"]),
            completed_at=time_of(values["ended_at"]) if state in (State.FAILED, State.COMPLETED) else None,
            lease_until=_lease(entry, loaded),
            waits_for=tuple(map(Untrusted, map(str, list_of(raw["dependency_ids"])))) if state is State.BLOCKED else (),
            remarks=tuple(filter(None, ("" if is_sure else _NO_COUNT, unread, no_error))),
        )  # fmt: skip

    def attempts(self, job_id: str, ask: Ask) -> tuple[Attempt, ...]:
        """Return the failures among the kept results."""
        stream = self._key("results", job_id.encode("utf-8", "surrogatepass"))
        (found,) = ask([("XRANGE", stream, "-", "+", "COUNT", 10)])
        kept = [(at, one) for at, flat in found if text_of((one := pairs_of(flat)).get("type")) in _OUTCOMES]
        return tuple(
            Attempt(
                number, _OUTCOMES[text_of(one["type"])], _read_error(one),
                Untrusted(text_of(one["worker_name"])) if "worker_name" in one else None,
                at_of(one.get("execution_started_at")), at_of(at.partition(b"-")[0]))
            for number, (at, one) in enumerate(kept, start=1)
        )  # fmt: skip

    def repeated(self, sizes: Mapping[Shelf, int], ask: Ask) -> Mapping[Shelf, Repeated]:
        """Return how many of the finished jobs are to run again, and stand elsewhere too."""
        return count_repeated(self.prefix, sizes, ask)

    def _enqueue(self, seen: Seen, moment: KeysMoment) -> KeysChange | str:
        """Put a job at the end of its queue as RQ's own requeue does.

        Its hash no longer expires. A job that runs is put back only once its run is over.
        """
        values, is_run = _hash_of(seen), seen.job.state is State.PROCESSING
        if why := _why_not_enqueued(seen, values, moment):
            return why
        entry, job_id, queue = seen.entry, bare_id(seen.entry), self._beside(seen, "queue")
        job = self._key("job", job_id)
        fields = ["status", "queued", "enqueued_at", to_text(moment.now)]
        ended = ("started_at", "ended_at") if is_run or entry.shelf.role == "failed" else ()
        # Up to RQ 1.4 a worker cannot read an empty time, and does not write down who it is.
        is_old = values["worker_name"] is None
        run = entry.member.removeprefix(job_id)[1:]
        execution, runs = self._key("execution", entry.member), self._key("executions", job_id)
        left: tuple[Command, ...] = (("DEL", execution), ("ZREM", runs, run)) if run else ()
        finished = self._beside(seen, "finished")
        return KeysChange(
            (stands(entry), says(job, "status", values["status"]), is_of_kind(queue), is_of_kind(finished)),
            (
                ("HSET", job, *fields, *(() if is_old else (one for name in ended for one in (name, "")))),
                ("SADD", self._key("queues"), queue.key),
                ("RPUSH", queue.key, job_id),
                ("PERSIST", job),
                ("HDEL", job, "exc_info", *(ended if is_old else ())),
            ),
            (take_away(entry), *left, take_away(Entry(finished, job_id))),
            kept=(job, execution, runs),
            after=Entry(queue, job_id),
            note=RUNS_TWICE if is_run else "",
        )

    def _cancel(self, seen: Seen, moment: KeysMoment) -> KeysChange | str:
        values = _hash_of(seen)
        if values["status"] is None:
            return f"{_GONE}; delete it"
        if seen.entry.shelf.role == "ready":
            return _RATED
        entry, job = seen.entry, self._key("job", bare_id(seen.entry))
        canceled, finished = (self._beside(seen, role) for role in ("canceled", "finished"))
        now_s = str(int(moment.now.timestamp()))
        return KeysChange(
            (stands(entry), says(job, "status", values["status"]), is_of_kind(canceled), is_of_kind(finished)),
            (("HSET", job, "status", "canceled"), ("ZADD", canceled.key, now_s, entry.member)),
            (take_away(entry), take_away(Entry(finished, entry.member))),
            kept=(job,),
            after=Entry(canceled, entry.member),
        )

    def _delete(self, seen: Seen, moment: KeysMoment) -> KeysChange | str:
        values = _hash_of(seen)
        if seen.entry.shelf.role == "ready":
            return _RATED
        job_id = bare_id(seen.entry)
        job, group = self._key("job", job_id), values["group_id"]
        kept = (job, job + b":dependents", self._key("job:", job_id) + b":dependencies", self._key("results", job_id))
        left: tuple[Command, ...] = (("SREM", self._key("group", group), job_id),) if group else ()
        finished = self._beside(seen, "finished")
        gone = (take_away(seen.entry), take_away(Entry(finished, job_id)), *(("DEL", key) for key in kept), *left)
        guards = (stands(seen.entry), says(job, "status", values["status"]), is_of_kind(finished))
        return KeysChange(guards, removes=gone, kept=kept)

    def _key(self, kind: str, name: bytes | None = None) -> bytes:
        return key_of(self.prefix, kind, name)

    def _beside(self, seen: Seen, role: str) -> Shelf:
        """Return the shelf of another role of a job's queue."""
        shelf, origin = seen.entry.shelf, _hash_of(seen)["origin"]
        return shelf_of(
            self.prefix, role, queue_of(self.prefix, shelf) if shelf.queue is not None else origin or b"default"
        )


def _hash_of(seen: Seen) -> dict[str, bytes | None]:
    """Return what a job's hash held when it was seen."""
    return dict(zip(_FIELDS, seen.loaded[0], strict=True))


def _state_of(shelf: Shelf, values: Mapping[str, str], result: Mapping[str, bytes]) -> State:
    """Return the state of a job; where a shelf may mean several, its status or last result tells which."""
    if State.FAILED in shelf.states and values["status"] == "failed":
        return State.FAILED
    is_retry = time_of(values["started_at"]) and values["retries_left"] and result.get("type") != b"1"
    return State.RETRYING if is_retry and shelf.states[0] is State.SCHEDULED else shelf.states[0]


def _why_not_enqueued(seen: Seen, values: Mapping[str, bytes | None], moment: KeysMoment) -> str:
    lease = seen.job.lease_until
    if seen.job.state is State.PROCESSING and not (lease and lease < moment.now):
        return _RUNS
    if values["status"] is None:
        return f"{_GONE}; there is nothing to run"
    if values["rate_limit_key"]:
        return _RATED
    return _TOO_OLD if seen.entry.shelf.role == "queue" else ""


def _read_error(result: Mapping[str, bytes], exc_info: bytes | None = None) -> JobError | None:
    said = result.get("exc_string")
    error = read_packed_traceback(said or exc_info or b"", in_base64=said is not None)
    by_rq = None if error is None else _BY_RQ.search(error.message.raw)
    return error if error is None or by_rq is None else replace(error, class_name=Untrusted(by_rq[1]))


def _lease(entry: Entry, loaded: Sequence[Any]) -> datetime | None:
    seen_at = at_of(loaded[2]) if entry.shelf.role == "intermediate" else None
    return at_of(entry.score) if entry.shelf.role == "wip" else seen_at and seen_at + timedelta(minutes=1)


def _read_worker(key: bytes, card: Sequence[bytes | None], ends_ms: int) -> WorkerInfo | None:
    """Return a worker that has not ended; its hash expires by itself when it beats no more."""
    said = {name: text_of(value) for name, value in zip(_WORKER_FIELDS, card, strict=True)}
    born, beat = time_of(said["birth"]), time_of(said["last_heartbeat"])
    if born is None or said["death"]:
        return None
    return WorkerInfo(
        Untrusted(text_of(key).rpartition("worker:")[2]), Untrusted(said["hostname"]),
        int(said["pid"]) if said["pid"].isdecimal() else None, Untrusted(said["version"]),
        tuple(map(Untrusted, filter(None, said["queues"].split(",")))),
        slots=1, busy=int(said["state"] == "busy"), started_at=born, beat_at=beat or born,
        registration_ends=ends_ms > 0,
    )  # fmt: skip


_REASONS = usual_reasons(
    "RQ", pauses="RQ suspends all its workers at once, not one queue: rq suspend", limits="RQ's rates are set where jobs are enqueued",
    workers="RQ's registrations of workers expire by themselves",
)  # fmt: skip
_WARNINGS = {
    Verb.RELEASE: "RQ's workers see to abandoned runs themselves about every ten minutes: they fail them, or retry them where they may",
    Verb.CANCEL: "jobs that wait for a cancelled one wait for ever, and RQ cannot requeue a cancelled job",
    Verb.DELETE: "RQ keeps no copy of a deleted job, and jobs that wait for it wait for ever",
}
