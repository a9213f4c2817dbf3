"""BullMQ 5 and 6: ids stand in lists and sorted sets of a queue, each job in a hash, its worker's lock beside it."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from queuetui.backends.base import BackendOptions
from queuetui.backends.foreign.bullmq.changes import FIELDS, GONE, REASONS, SEEN, WAITING, WARNINGS, Changes, queue_of
from queuetui.backends.found import Found
from queuetui.backends.keys.backend import find_products
from queuetui.backends.keys.changes import Change, Rule, states_by_verb
from queuetui.backends.keys.clients import Client, list_clients
from queuetui.backends.keys.lookup import make_rev
from queuetui.backends.keys.product import Ask, Survey
from queuetui.backends.keys.queue_names import QueueNames
from queuetui.backends.keys.seen import Moment
from queuetui.backends.keys.shelf import Command, Entry, Kind, Shelf
from queuetui.backends.keys.stored_values import at_of, list_of, object_of, text_of
from queuetui.backends.redis.server import RedisServer
from queuetui.model.act import JobRef, Verb
from queuetui.model.capabilities import Capabilities, Liveness
from queuetui.model.errors import Denied
from queuetui.model.job import Attempt, Job, JobError
from queuetui.model.payload import summarise_json
from queuetui.model.state import State
from queuetui.model.text import Untrusted
from queuetui.model.worker import WorkerInfo

_SCORE_STEP = 4096
_MOST_CHILDREN = 20
# BullMQ up to 4 put such an id among those that wait, to wake its workers.
_MARKER = b"0:"
_LOWER_FIRST = "the lowest number above 0 runs first, and jobs without one before all of them"
_BY_SCHEDULER = "the next run of the job scheduler {}: BullMQ makes it anew after each run"
_CHILD = "a child of {}"
_STALLED = "it stalled before: BullMQ fails it once it stalls again"
_META = re.compile(rb"(.+):([^:]+):meta", re.DOTALL)
_WORKER = re.compile(r"([A-Za-z0-9+/=]+)(?::w(?::(.+))?)?")
# Whose jobs wait, run and end, in the order in which they travel. What was tried before waits among the others.
_ROLES: tuple[tuple[str, Kind, tuple[State, ...], bool], ...] = (
    ("waiting-children", Kind.SORTED, (State.BLOCKED,), False),
    ("delayed", Kind.SORTED, (State.SCHEDULED, State.RETRYING), False),
    ("prioritized", Kind.SORTED, WAITING, False),
    ("paused", Kind.LIST, WAITING, True),
    ("wait", Kind.LIST, WAITING, True),
    ("active", Kind.LIST, (State.PROCESSING,), True),
    ("failed", Kind.SORTED, (State.FAILED,), True),
    ("completed", Kind.SORTED, (State.COMPLETED,), True),
)
_KEPT = frozenset(state for _, _, states, _ in _ROLES for state in states)


class Bullmq:
    """The description of the queues of one prefix."""

    absent: Mapping[str, str] = {
        "correlation_id": "BullMQ's jobs carry no correlation id",
        "tag": "BullMQ's jobs carry no tags",
    }

    def __init__(self, prefix: bytes, names: QueueNames) -> None:
        self.prefix = prefix
        self.home = f"the keys {text_of(prefix)}:*:meta"
        self._names = names
        self._changes = Changes()
        self.rules: tuple[Rule, ...] = self._changes.rules
        self.capabilities = Capabilities(
            "bullmq", "BullMQ", native=False, applies=states_by_verb(self.rules), keeps=_KEPT, reasons=REASONS,
            manages=frozenset({Verb.PAUSE, Verb.RESUME}), liveness=Liveness.DEADLINE, workers=True, attempts=True,
            warnings=WARNINGS,
        )  # fmt: skip

    def recognise(self, ask: Ask) -> str:
        """Tell BullMQ by what it writes into the meta of each queue; a user who may not list connections sees no workers."""
        names = self._names.read(ask)
        metas = ask([("HMGET", self._key(name, b"meta"), "version", "opts.maxLenEvents") for name in names])
        versions = {version for version, _ in metas if text_of(version).startswith("bullmq:")}
        if not versions and not any(most for _, most in metas):
            return ""
        self._changes.usual = next(iter(versions)) if len(versions) == 1 else None
        try:
            list_clients(ask)
        except Denied:
            self.capabilities = replace(self.capabilities, workers=False)
        return f"its keys begin with {text_of(self.prefix)}:"

    def survey(self, ask: Ask) -> Survey:
        """Read which queues are paused, and which workers are connected: their names tell of their queues too."""
        clients = list_clients(ask) if self.capabilities.workers else ()
        workers = tuple(filter(None, (_read_worker(one, text_of(self.prefix) + ":") for one in clients)))
        heard = {queue.raw.encode("utf-8", "surrogatepass") for one in workers for queue in one.queues}
        names = tuple(sorted({*self._names.read(ask), *heard}))
        paused = ask([("HGET", self._key(name, b"meta"), "paused") for name in names])
        held = frozenset(name for name, one in zip(names, paused, strict=True) if one is not None)
        return Survey(names, workers, paused=held, unseen=self._names.unseen)

    def shelves(self, survey: Survey) -> tuple[Shelf, ...]:
        """Return the lists and sets of every queue, by role."""
        return tuple(
            Shelf(role, self._key(name, role.encode()), kind, states, name.decode("utf-8", "replace"), falls)
            for role, kind, states, falls in _ROLES
            for name in survey.queues
        )

    def id_of(self, entry: Entry) -> str:
        """Return the queue and the id in it, as two queues may both have a job 1."""
        return (
            "" if entry.member.startswith(_MARKER) else f"{entry.shelf.queue}/{entry.member.decode('utf-8', 'replace')}"
        )

    def places(self, job_id: str, shelves: Sequence[Shelf], ask: Ask) -> tuple[Entry, ...]:
        """Look into each shelf of the queues that an id may be of."""
        near = [
            (one, job_id.removeprefix(f"{one.queue}/").encode("utf-8", "surrogatepass"))
            for one in shelves
            if job_id.startswith(f"{one.queue}/")
        ]
        looks = [("LPOS" if one.kind is Kind.LIST else "ZSCORE", one.key, stored) for one, stored in near]
        found = zip(near, ask(looks), strict=True)
        return tuple(
            Entry(shelf, stored, int(reply)) if shelf.kind is Kind.LIST else Entry(shelf, stored, score=reply)
            for (shelf, stored), reply in found
            if reply is not None
        )

    def loads(self, entry: Entry) -> list[Command]:
        """Read the hash and the queue's meta; of a run how long its lock lasts, of a parent for whom it waits."""
        queue, job = queue_of(entry), queue_of(entry) + entry.member
        more: dict[str, Command] = {
            "active": ("PTTL", job + b":lock"),
            "waiting-children": ("SRANDMEMBER", job + b":dependencies", _MOST_CHILDREN),
        }
        found: list[Command] = [("HMGET", job, *FIELDS), ("HMGET", queue + b"meta", "version", "paused")]
        return [*found, more[entry.shelf.role]] if entry.shelf.role in more else found

    def read(self, entry: Entry, loaded: Sequence[Any], moment: Moment) -> Job | None:
        """Return the job; one whose hash is gone is shown by its id. What was tried before waits among the others."""
        if entry.member.startswith(_MARKER):
            return None
        said = {name: text_of(value) for name, value in zip(FIELDS, loaded[0], strict=True)}
        ref = JobRef(moment.backend, self.id_of(entry), make_rev(entry, *(said[name] for name in SEEN)))
        queue, state, role = Untrusted(entry.shelf.queue or ""), entry.shelf.states[0], entry.shelf.role
        if not said["name"]:
            return Job(ref, Untrusted("?"), queue, state, Untrusted(""), remarks=(GONE,))
        made, begun = _whole(said["atm"]), _whole(said["ats"])
        if made and State.RETRYING in entry.shelf.states:
            state = State.RETRYING
        limit = (object_of(said["opts"]) or {}).get("attempts")
        created, started = at_of(said["timestamp"]), at_of(said["processedOn"])
        due = created and created + timedelta(milliseconds=_whole(said["delay"]))
        return Job(
            ref, Untrusted(said["name"]), queue, state, Untrusted(said["data"]),
            data=summarise_json(said["name"], said["data"], moment.summaries),
            priority=_whole(said["priority"]),
            # BullMQ 4 counts no runs that began.
            attempts=max(begun, made + int(state is State.PROCESSING and not said["ats"])),
            max_attempts=limit if isinstance(limit, int) and limit > 1 else 1,
            lost=_whole(said["stc"]),
            error=_read_error(said) if state in (State.FAILED, State.RETRYING) else None,
            result=_shown(said["returnvalue"]) if state is State.COMPLETED else None,
            progress=_shown(said["progress"]),
            worker=_shown(said["pb"]) if state is State.PROCESSING else None,
            idempotency_key=_shown(said["deid"]),
            created_at=created,
            scheduled_at=at_of(int(float(entry.score or 0)) // _SCORE_STEP) if role == "delayed" else due,
            started_at=started,
            completed_at=at_of(said["finishedOn"]) if state in (State.FAILED, State.COMPLETED) else None,
            lease_until=_lease(loaded[2], started, moment.now) if role == "active" else None,
            waits_for=tuple(Untrusted(self._id_in(key)) for key in sorted(loaded[2])) if state is State.BLOCKED else (),
            remarks=tuple(filter(None, self._remarks(said, state, loaded[1][0]))),
        )  # fmt: skip

    def attempts(self, job_id: str, ask: Ask) -> tuple[Attempt, ...]:
        """Return the failures whose stacks are kept; nothing is kept of when they were."""
        near = (name for name in self._names.read(ask) if job_id.startswith(f"{text_of(name)}/"))
        jobs = [self._key(name, job_id[len(text_of(name)) + 1 :].encode("utf-8", "surrogatepass")) for name in near]
        stacks = [one for raw in ask([("HGET", job, "stacktrace") for job in jobs]) for one in list_of(raw)]
        return tuple(
            Attempt(number, "failed", _error_of(str(stack)), None, None, None)
            for number, stack in enumerate(stacks, start=1)
        )

    def switch(self, verb: Verb, queue: bytes, survey: Survey, ask: Ask) -> Change | str:
        """Pause or resume a queue as its version does."""
        (version,) = ask([("HGET", self._key(queue, b"meta"), "version")])
        return self._changes.switch(verb, self._key(queue, b""), version)

    def _remarks(self, said: Mapping[str, str], state: State, version: bytes | None) -> Iterator[str]:
        yield self._changes.why_unknown(version)
        yield _LOWER_FIRST if _whole(said["priority"]) else ""
        yield _BY_SCHEDULER.format(json.dumps(said["rjk"])) if said["rjk"] and state is State.SCHEDULED else ""
        yield _CHILD.format(json.dumps(self._id_in(said["parentKey"].encode()))) if said["parentKey"] else ""
        yield _STALLED if state is State.PROCESSING and said["stc"] else ""

    def _id_in(self, key: bytes) -> str:
        """Return the id of the job of a key; one of another prefix is named by its key."""
        return text_of(key.removeprefix(self.prefix + b":")).replace(":", "/", 1)

    def _key(self, queue: bytes, name: bytes) -> bytes:
        return b":".join((self.prefix, queue, name))


def _whole(text: str) -> int:
    return int(text) if text.isdecimal() else 0


def _shown(text: str) -> Untrusted | None:
    return Untrusted(text) if text else None


def _lease(ttl_ms: int, started: datetime | None, now: datetime) -> datetime | None:
    """Return until when a run is locked; one without a lock has been lost since it began at the latest."""
    return now + timedelta(milliseconds=ttl_ms) if ttl_ms >= 0 else started or now - timedelta(seconds=1)


def _read_error(said: Mapping[str, str]) -> JobError | None:
    """Return the last failure; its class stands before its message in the last stack."""
    reason, stacks = said["failedReason"], list_of(said["stacktrace"])
    last = _error_of(str(stacks[-1])) if stacks else None
    if last is not None and last.message.raw == reason.partition("\n")[0].strip():
        return replace(last, message=Untrusted(reason))
    return JobError(Untrusted(""), Untrusted(reason), Untrusted("")) if reason else None


def _error_of(stack: str) -> JobError:
    name, _, message = stack.partition("\n")[0].partition(":")
    return JobError(Untrusted(name), Untrusted(message.strip()), Untrusted(stack))


def _read_worker(client: Client, prefix: str) -> WorkerInfo | None:
    """Return the worker that names its connection after its queue and itself; nothing else is kept of it."""
    named = _WORKER.fullmatch(client.name.removeprefix(prefix)) if client.name.startswith(prefix) else None
    try:
        queue = base64.b64decode(named[1] if named else "", validate=True).decode()
    except ValueError:
        return None
    if named is None or not queue:
        return None
    return WorkerInfo(
        Untrusted(named[2] or client.address), Untrusted(client.host), None, Untrusted(""), (Untrusted(queue),),
        slots=0, busy=0, started_at=client.since, beat_at=client.used_at, registration_ends=True,
    )  # fmt: skip


def find(server: RedisServer, url: str, options: BackendOptions) -> tuple[Found, ...]:
    """Return BullMQ's queues in the server's database, by prefix: the key of each queue's meta names both."""
    listed, told = server.key_list, options.settings.get("bullmq.prefix")
    named = [one.strip().encode() for one in options.settings.get("bullmq.queues", "").split(",") if one.strip()]
    seen = sorted({found[1] for key in listed.names if (found := _META.fullmatch(key))})
    prefixes = [told.encode()] if told else seen or [b"bull"] * bool(named)
    products = {
        text_of(prefix): Bullmq(prefix, QueueNames(listed, prefix + b":*:meta", partial(_queue_in, prefix), named))
        for prefix in prefixes
    }
    return find_products(server, url, products, options)


def _queue_in(prefix: bytes, key: bytes) -> bytes | None:
    found = _META.fullmatch(key)
    return found[2] if found is not None and found[1] == prefix else None
