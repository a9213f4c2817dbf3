"""BullMQ 5 and 6: job ids stand in lists and sorted sets, each job in a hash, its lock beside it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from queuetui.backends.base import BackendOptions
from queuetui.backends.foreign.bullmq.versions import OF_EARLIER, is_5, lent_versions, why_unchanged
from queuetui.backends.foreign.bullmq.words import ABSENT, LOWER_FIRST, REASONS, STALLED, STALLS, WAITS, WARNINGS
from queuetui.backends.foreign.bullmq.workers import look_for_workers, read_workers
from queuetui.backends.found import Found
from queuetui.backends.keys.backend import find_products
from queuetui.backends.keys.changes import Guard, KeysChange, LuaDecision, Rule, says, stands
from queuetui.backends.keys.lookup import entries_of, make_rev
from queuetui.backends.keys.product import KeysProduct
from queuetui.backends.keys.queue_marks import names_by_prefix
from queuetui.backends.keys.scanned_keys import QueueNames, names_in
from queuetui.backends.keys.seen import KeysMoment, Seen, unread_job
from queuetui.backends.keys.shelf import Ask, Command, Entry, Kind, Shelf
from queuetui.backends.keys.survey import Survey
from queuetui.backends.payloads.javascript_error import read_failures, read_last
from queuetui.backends.payloads.stored_values import at_of, list_of, object_of, shown_of, text_of, whole_of
from queuetui.backends.reading.refusals import RUNS_TWICE, states_by_verb
from queuetui.backends.redis.server import RedisServer, Value
from queuetui.backends.schedules import MOST_SCHEDULES
from queuetui.model.act import JobRef, Verb
from queuetui.model.capabilities import Capabilities, Liveness
from queuetui.model.job import Attempt, Job
from queuetui.model.payload import summarise_json
from queuetui.model.schedule import KeptSchedule
from queuetui.model.state import PUT_OFF, WAITING, State
from queuetui.model.text import Untrusted
from queuetui.model.worker import WorkerInfo

# What a worker and BullMQ's own verbs change of a job: an act must find it as it was seen.
_SEEN = ("timestamp", "priority", "delay", "processedOn", "finishedOn", "atm", "ats", "stc")
_SHOWN = (
    "name", "data", "opts", "failedReason", "stacktrace", "returnvalue", "progress", "pb", "parentKey", "rjk", "deid",
    "attemptsMade", "stalledCounter",
)  # fmt: skip
_FIELDS = (*_SEEN, *_SHOWN)
_OF_SCHEDULER = ("name", "pattern", "every", "tz", "data")
_PARTS = (b"", b":logs", b":dependencies", b":processed", b":failed", b":unsuccessful")
# One of these stands in `meta` as soon as a queue has had a job.
_OF_QUEUE = ("version", "opts.maxLenEvents", "paused")
_SCORE_STEP, _MOST_CHILDREN, _A_MOMENT = 4096, 20, timedelta(seconds=1)
# Whose jobs wait, run and end, in the order in which they travel. What was tried before waits among the others.
_TRIED = (State.PENDING, State.RETRYING)
_ROLES: tuple[tuple[str, Kind, tuple[State, ...], bool], ...] = (
    ("waiting-children", Kind.SORTED, (State.BLOCKED,), False),
    ("delayed", Kind.SORTED, (State.SCHEDULED, State.RETRYING), False),
    ("prioritized", Kind.SORTED, _TRIED, False),
    ("paused", Kind.LIST, _TRIED, True),
    ("wait", Kind.LIST, _TRIED, True),
    ("active", Kind.LIST, (State.PROCESSING,), True),
    ("failed", Kind.SORTED, (State.FAILED,), True),
    ("completed", Kind.SORTED, (State.COMPLETED,), True),
)


class Bullmq(KeysProduct):
    """The description of the queues of one prefix."""

    absent: Mapping[str, str] = ABSENT

    def __init__(self, prefix: bytes, names: QueueNames) -> None:
        self.prefix = prefix
        self.home = f"the keys {text_of(prefix)}:*:meta"
        self._names = names
        self._lent: Mapping[bytes, bytes] = {}
        self.rules = (
            Rule(Verb.RETRY, PUT_OFF | {State.FAILED}, self._requeue),
            Rule(Verb.RELEASE, frozenset({State.PROCESSING}), self._requeue),
            Rule(Verb.CANCEL, WAITING, self._remove),
            Rule(Verb.DELETE, WAITING | {State.PROCESSING, State.FAILED, State.COMPLETED}, self._remove),
        )
        self.capabilities = Capabilities(
            "bullmq", "BullMQ", native=False, applies=states_by_verb(self.rules), manages=frozenset({Verb.PAUSE, Verb.RESUME}),
            keeps=frozenset(state for one in _ROLES for state in one[2]), reasons=REASONS, warnings=WARNINGS,
            liveness=Liveness.DEADLINE, workers=True, attempts=True, schedules=True,
        )  # fmt: skip

    def recognise(self, ask: Ask) -> str:
        """Recognise BullMQ by the meta key of each queue; a user who may not list connections sees no workers."""
        metas = [self._key(one, b"meta") for one in self.queues(ask)]
        told = ask([("HMGET", key, "version", "opts.maxLenEvents") for key in metas])
        versions = {version for version, _ in told if text_of(version).startswith("bullmq:")}
        if not versions and not any(most for _, most in told):
            return ""
        self.capabilities = look_for_workers(self.capabilities, ask)
        return f"its keys begin with {text_of(self.prefix)}:"

    def queues(self, ask: Ask, heard: Iterable[bytes] = ()) -> tuple[bytes, ...]:
        """Return the queues, also those of workers; what counts jobs without `meta` is of Bull."""
        names = sorted({*self._names.read(ask), *heard})
        told = ask([("HMGET", self._key(name, b"meta"), *_OF_QUEUE) for name in names])
        counts = ask([("EXISTS", self._key(name, b"id")) for name in names])
        return tuple(one for one, meta, counting in zip(names, told, counts, strict=True) if any(meta) or not counting)

    def survey(self, ask: Ask) -> Survey:
        """Read which queues are paused, and which workers are connected: their names tell of their queues too."""
        workers = read_workers(ask, text_of(self.prefix) + ":") if self.capabilities.workers else ()
        names = self.queues(ask, [_queue_heard(one) for one in workers])
        workers = tuple(one for one in workers if _queue_heard(one) in names)
        versions = ask([("HGET", self._key(name, b"meta"), "version") for name in names])
        starts = (self._key(name, b"") for name in names)
        self._lent = lent_versions(ask, dict(zip(starts, versions, strict=True)))
        paused = ask([self.asks_if_paused(name) for name in names])
        held = frozenset(name for name, one in zip(names, paused, strict=True) if one)
        return Survey(names, workers, paused=held, unseen=self._names.unseen)

    def asks_if_paused(self, queue: bytes) -> Command:
        """Return the command that answers nothing, or 0, where a queue is not paused."""
        return "HGET", self._key(queue, b"meta"), "paused"

    def shelves(self, survey: Survey) -> tuple[Shelf, ...]:
        """Return the lists and sets of every queue, by role."""
        return tuple(
            Shelf(role, self._key(name, role.encode()), kind, states, text_of(name), falls)
            for role, kind, states, falls in _ROLES
            for name in survey.queues
        )

    def id_of(self, entry: Entry) -> str:
        """Return the queue and the id in it, as two queues may both have a job 1."""
        return f"{entry.shelf.queue}/{text_of(entry.member)}"

    def places(self, job_id: str, shelves: Sequence[Shelf], ask: Ask) -> tuple[Entry, ...]:
        """Look into each shelf of the queues that an id may be of."""
        near = [(one, _id_within(job_id, one.queue or "")) for one in shelves if job_id.startswith(f"{one.queue}/")]
        return entries_of(near, ask)

    def loads(self, entry: Entry) -> list[Command]:
        """Read the hash and the queue's meta; of a run how long its lock lasts, of a parent for whom it waits."""
        queue, job = _queue_of(entry), _queue_of(entry) + entry.member
        more: dict[str, Command] = {
            "active": ("PTTL", job + b":lock"),
            "waiting-children": ("SRANDMEMBER", job + b":dependencies", _MOST_CHILDREN),
        }
        found: list[Command] = [("HMGET", job, *_FIELDS), ("HMGET", queue + b"meta", "version", "paused")]
        return [*found, more[entry.shelf.role]] if entry.shelf.role in more else found

    def tells(self, entry: Entry) -> Command:
        """Return the command that tells how often a job was tried: up to version 4 by another name."""
        return "HMGET", _queue_of(entry) + entry.member, "atm", "attemptsMade"

    def state_of(self, shelf: Shelf, told: Sequence[bytes | None]) -> State:
        """Return the state: what was tried before waits among the others."""
        return State.RETRYING if any(map(whole_of, told)) and State.RETRYING in shelf.states else shelf.states[0]

    def runs_of(self, raw: Mapping[str, bytes | None], role: str) -> tuple[int, int]:
        """Return how many runs ended and how many began, of which versions up to 4 count the latter alone."""
        if raw["atm"] is None and raw["attemptsMade"] is not None:
            begun = whole_of(raw["attemptsMade"])
            return begun - int(role == "active"), begun
        return whole_of(raw["atm"]), whole_of(raw["ats"])

    def read(self, entry: Entry, loaded: Sequence[Any], moment: KeysMoment) -> Job | None:
        """Return the job; one whose hash is gone is shown by its id."""
        raw: Mapping[str, bytes | None] = dict(zip(_FIELDS, loaded[0], strict=True))
        ref = JobRef(moment.backend, self.id_of(entry), make_rev(entry, *loaded[0][: len(_SEEN)]))
        role = entry.shelf.role
        state = self.state_of(entry.shelf, (raw["atm"], raw["attemptsMade"]))
        if raw["name"] is None:
            # BullMQ up to 4 woke its workers by such an id.
            return None if entry.member.startswith(b"0:") else unread_job(ref, entry.shelf, state, _GONE)
        name, data, is_run = text_of(raw["name"]), text_of(raw["data"]), int(role == "active")
        made, begun = self.runs_of(raw, role)
        limit = (object_of(raw["opts"]) or {}).get("attempts")
        created, started = at_of(raw["timestamp"]), at_of(raw["processedOn"])
        due = created and created + timedelta(milliseconds=whole_of(raw["delay"]))
        return Job(
            ref, Untrusted(name), Untrusted(entry.shelf.queue or ""), state, Untrusted(data),
            data=summarise_json(name, data, moment.summaries),
            priority=whole_of(raw["priority"]),
            attempts=max(begun, made + is_run),
            # Runs that stalled or put themselves off do not count.
            max_attempts=max(limit if isinstance(limit, int) else 1, 1) + max(begun - made - is_run, 0),
            lost=whole_of(raw["stc"] or raw["stalledCounter"]),
            error=read_last(text_of(raw["failedReason"]), list_of(raw["stacktrace"])) if state in (State.FAILED, State.RETRYING) else None,
            result=shown_of(raw["returnvalue"]) if state is State.COMPLETED else None,
            progress=shown_of(raw["progress"]),
            worker=shown_of(raw["pb"]) if state is State.PROCESSING else None,
            idempotency_key=shown_of(raw["deid"]),
            created_at=created,
            scheduled_at=at_of(int(float(entry.score or 0)) // _SCORE_STEP) if role == "delayed" else due,
            started_at=started,
            completed_at=at_of(raw["finishedOn"]) if state in (State.FAILED, State.COMPLETED) else None,
            lease_until=_lease(loaded[2], started, moment) if role == "active" else None,
            waits_for=tuple(Untrusted(self._id_in(key)) for key in sorted(loaded[2])) if state is State.BLOCKED else (),
            remarks=tuple(filter(None, self._remarks(raw, state, self._version(entry, loaded)))),
        )  # fmt: skip

    def attempts(self, job_id: str, ask: Ask) -> tuple[Attempt, ...]:
        """Return the failures whose stacks are kept; nothing is kept of when they were."""
        near = [name for name in self.queues(ask) if job_id.startswith(f"{text_of(name)}/")]
        told = ask([("HGET", self._key(name, _id_within(job_id, text_of(name))), "stacktrace") for name in near])
        return read_failures([one for raw in told for one in list_of(raw)])

    def schedules(self, survey: Survey, ask: Ask) -> tuple[KeptSchedule, ...]:
        """Return the job schedulers of every queue."""
        sets = ask([("ZRANGE", self._key(one, b"repeat"), 0, MOST_SCHEDULES, "WITHSCORES") for one in survey.queues])
        named = [
            (queue, *pair)
            for queue, flat in zip(survey.queues, sets, strict=True)
            for pair in zip(flat[::2], flat[1::2], strict=True)
        ]
        told = ask([("HMGET", self._key(queue, b"repeat:" + one), *_OF_SCHEDULER) for queue, one, _ in named])
        return tuple(
            KeptSchedule(
                f"{text_of(queue)}/{text_of(one)}", text_of(name or one), text_of(queue), next_at=at_of(score),
                timing=text_of(pattern) or (f"every {text_of(every)} ms" if every else None), tz=text_of(tz) or "UTC",
                payload=text_of(data) or None,
            )
            for (queue, one, score), (name, pattern, every, tz, data) in zip(named, told, strict=True)
        )  # fmt: skip

    def switch(self, verb: Verb, queue: bytes, survey: Survey, ask: Ask) -> KeysChange | str:
        """Pause or resume a queue as its version does."""
        meta, (word, seen) = self._key(queue, b"meta"), ("paused", None) if verb is Verb.PAUSE else ("resumed", b"1")
        (told,) = ask([("HGET", meta, "version")])
        version = told or self._lent.get(self._key(queue, b""))
        change = self._decide("switch", version, (says(meta, "paused", seen),), word, self._key(queue, b""))
        return why_unchanged(version) or change

    def _requeue(self, seen: Seen, moment: KeysMoment) -> KeysChange | str:
        raw, (_, paused) = dict(zip(_FIELDS, seen.loaded[0], strict=True)), seen.loaded[1]
        role, member, queue = seen.entry.shelf.role, seen.entry.member, _queue_of(seen.entry)
        version = self._version(seen.entry, seen.loaded)
        if refusal := self._why_left(seen, moment):
            return refusal
        if role not in ("failed", "delayed", "active"):
            return WAITS
        if role == "active" and raw["stc"]:
            return STALLS
        target, kind = "paused" if is_5(version) and paused else "wait", Kind.LIST
        if whole_of(raw["priority"]) and (role == "delayed" or (role == "failed" and not is_5(version))):
            target, kind = "prioritized", Kind.SORTED
        is_next = role == "active" or (role == "failed" and (object_of(raw["opts"]) or {}).get("lifo"))
        return replace(
            self._decide("requeue", version, _guards(seen), member, role, queue, "RPUSH" if is_next else "LPUSH"),
            kept=(queue + member,),
            after=Entry(Shelf(target, queue + target.encode(), kind, _TRIED, seen.entry.shelf.queue), member),
            note=RUNS_TWICE if role == "active" else "",
        )

    def _remove(self, seen: Seen, moment: KeysMoment) -> KeysChange | str:
        raw, entry = dict(zip(_FIELDS, seen.loaded[0], strict=True)), seen.entry
        if refusal := self._why_left(seen, moment):
            return refusal
        if raw["rjk"] and seen.job.state is State.SCHEDULED:
            return _NEXT
        job = _queue_of(entry) + entry.member
        guards = (*_guards(seen), Guard(("EXISTS", job + b":dependencies"), ("0",)))
        return replace(
            self._decide(
                "remove", self._version(entry, seen.loaded), guards, entry.member, entry.shelf.role, _queue_of(entry)
            ),
            kept=tuple(job + part for part in _PARTS),
            note="its parent waits for it no more" if raw["parentKey"] else "",
        )

    def _decide(self, name: str, version: bytes | None, guards: tuple[Guard, ...], *told: Value) -> KeysChange:
        script = ("backends", "foreign", "bullmq", name)
        return KeysChange(guards, decision=LuaDecision(script, ("1" if is_5(version) else "0", *told)))

    def _why_left(self, seen: Seen, moment: KeysMoment) -> str:
        if seen.loaded[0][_FIELDS.index("name")] is None:
            return _GONE
        if seen.job.state is State.PROCESSING and not moment.is_held_too_long(seen.job):
            return _LOCKED
        return why_unchanged(self._version(seen.entry, seen.loaded))

    def _version(self, entry: Entry, loaded: Sequence[Any]) -> bytes | None:
        """Return what a queue tells, or was lent; nothing is lent to a job of which earlier versions tell."""
        is_of_earlier = any(loaded[0][_FIELDS.index(name)] is not None for name in OF_EARLIER)
        return loaded[1][0] or (None if is_of_earlier else self._lent.get(_queue_of(entry)))

    def _remarks(self, raw: Mapping[str, bytes | None], state: State, version: bytes | None) -> Iterator[str]:
        yield why_unchanged(version)
        yield LOWER_FIRST if whole_of(raw["priority"]) else ""
        yield _BY_SCHEDULER.format(json.dumps(text_of(raw["rjk"]))) if raw["rjk"] and state is State.SCHEDULED else ""
        yield f"a child of {json.dumps(self._id_in(raw['parentKey']))}" if raw["parentKey"] else ""
        yield STALLED if state is State.PROCESSING and raw["stc"] else ""

    def _id_in(self, key: bytes) -> str:
        """Return the id of the job of a key; one of another prefix is named by its key."""
        return text_of(key.removeprefix(self.prefix + b":")).replace(":", "/", 1)

    def _key(self, queue: bytes, name: bytes) -> bytes:
        return b":".join((self.prefix, queue, name))


def _lease(left_ms: int, started: datetime | None, moment: KeysMoment) -> datetime:
    """Return until when a run is locked; one without a lock has been lost since it began at the latest."""
    return moment.now + timedelta(milliseconds=left_ms) if left_ms >= 0 else started or moment.now - _A_MOMENT


def _queue_of(entry: Entry) -> bytes:
    """Return what the keys of an entry's queue begin with."""
    return entry.shelf.key.removesuffix(entry.shelf.role.encode())


def _queue_heard(worker: WorkerInfo) -> bytes:
    return worker.queues[0].raw.encode()


def _id_within(job_id: str, queue: str) -> bytes:
    return job_id.removeprefix(f"{queue}/").encode("utf-8", "surrogatepass")


def _guards(seen: Seen) -> tuple[Guard, ...]:
    job = _queue_of(seen.entry) + seen.entry.member
    unchanged = (says(job, name, value) for name, value in zip(_SEEN, seen.loaded[0], strict=False))
    return (stands(seen.entry), *unchanged, Guard(("EXISTS", job + b":lock"), ("0",)))


_GONE = "its hash is gone: it was deleted, and a worker that takes its id drops it"
_LOCKED = "it is locked: its worker renews the lock as long as it lives"
_NEXT = "it is the next run of a job scheduler: take that away by BullMQ's removeJobScheduler"
_BY_SCHEDULER = "the next run of the job scheduler {}: BullMQ makes it anew after each run"


def find(server: RedisServer, url: str, options: BackendOptions) -> tuple[Found, ...]:
    """Return BullMQ's queues in the server's database, by prefix."""
    prefix, named = (
        options.settings.get("bullmq.prefix", ""),
        names_in(options.settings, "bullmq.queues", with_spaces=True),
    )
    found = names_by_prefix(server, "meta", Kind.HASH, prefix, named)
    return find_products(
        server, url, {text_of(prefix): Bullmq(prefix, names) for prefix, names in found.items()}, options
    )
