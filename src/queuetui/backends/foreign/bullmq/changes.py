"""What BullMQ's own scripts do to a job or a queue, decided by scripts that leave the same."""

from __future__ import annotations

import re

from queuetui.backends.keys.changes import Change, LuaDecision, Rule, Step, says, stands
from queuetui.backends.keys.seen import Moment, Seen
from queuetui.backends.keys.shelf import Entry, Kind, Shelf
from queuetui.backends.keys.stored_values import object_of, text_of
from queuetui.backends.redis.server import Value
from queuetui.model.act import Verb
from queuetui.model.state import State

# What a worker and BullMQ's own verbs change of a job: an act must find it as it was seen.
SEEN = ("timestamp", "priority", "delay", "processedOn", "finishedOn", "atm", "ats", "stc")
FIELDS = (
    *SEEN,
    "name",
    "data",
    "opts",
    "failedReason",
    "stacktrace",
    "returnvalue",
    "progress",
    "pb",
    "parentKey",
    "rjk",
    "deid",
)
WAITING = (State.PENDING, State.RETRYING)
GONE = "its hash is gone: it was deleted, and a worker that takes its id drops it"
_PARTS = (b"", b":logs", b":dependencies", b":processed", b":failed", b":unsuccessful")
# The versions whose scripts were compared with what is done here.
_VERSION = re.compile(r"bullmq:(?:5\.(?:7\d|8[01])|6\.[4-7])\.")
_UNKNOWN = "its queue is of {}: only 5.70 to 5.81 and 6.4 to 6.7 are changed here, so act on it by BullMQ itself"
_WAITS = "it waits already, and is taken when a worker is free"
_LOCKED = "it is locked: its worker renews the lock as long as it lives"
_STALLED = "it stalled before, and BullMQ fails what stalls twice (maxStalledCount): let a worker run, and retry it once it failed"
_NEXT = "it is the next run of a job scheduler: take that away by BullMQ's removeJobScheduler"


class Changes:
    """The verbs; `usual` is the version of queues that tell none, as those of a FlowProducer alone do."""

    usual: bytes | None = None

    @property
    def rules(self) -> tuple[Rule, ...]:
        """What may be changed."""
        later = frozenset({State.SCHEDULED, State.RETRYING})
        waiting = later | {State.PENDING}
        return (
            Rule(Verb.RETRY, later | {State.FAILED}, self._requeue),
            Rule(Verb.RELEASE, frozenset({State.PROCESSING}), self._requeue),
            Rule(Verb.CANCEL, waiting, self._remove),
            Rule(Verb.DELETE, waiting | {State.PROCESSING, State.FAILED, State.COMPLETED}, self._remove),
        )

    def switch(self, verb: Verb, queue: bytes, version: bytes | None) -> Change | str:
        """Pause or resume the queue whose keys begin so."""
        word, seen = ("paused", None) if verb is Verb.PAUSE else ("resumed", b"1")
        decided = _decide("switch", word, queue, self._flag(version))
        return self.why_unknown(version) or Change((says(queue + b"meta", "paused", seen),), (), (), decided)

    def why_unknown(self, version: bytes | None) -> str:
        """Return why nothing is changed that a version wrote, nothing where it is known."""
        told = text_of(version or self.usual)
        return (
            "" if _VERSION.match(told) else _UNKNOWN.format(told.replace("bullmq:", "BullMQ ") or "an unknown version")
        )

    def _requeue(self, seen: Seen, moment: Moment) -> Change | str:
        raw, (version, paused) = dict(zip(FIELDS, seen.loaded[0], strict=True)), seen.loaded[1]
        role, id_, is_5 = seen.entry.shelf.role, seen.entry.member, self._flag(version) == "1"
        if refusal := self._why_left(seen, moment):
            return refusal
        if role not in ("failed", "delayed", "active"):
            return _WAITS
        if role == "active" and raw["stc"]:
            return _STALLED
        is_lifo = role == "failed" and (object_of(raw["opts"]) or {}).get("lifo")
        target, kind = "paused" if is_5 and paused else "wait", Kind.LIST
        if text_of(raw["priority"]) not in ("", "0") and (role == "delayed" or (role == "failed" and not is_5)):
            target, kind = "prioritized", Kind.SORTED
        queue = queue_of(seen.entry)
        push = "RPUSH" if role == "active" or is_lifo else "LPUSH"
        return Change(
            _guards(seen), (), (), _decide("requeue", id_, role, queue, self._flag(version), push),
            kept=(queue + id_,),
            after=Entry(Shelf(target, queue + target.encode(), kind, WAITING, seen.entry.shelf.queue), id_),
            note="if its worker still lives, the job runs twice" if role == "active" else "",
        )  # fmt: skip

    def _remove(self, seen: Seen, moment: Moment) -> Change | str:
        raw, version, entry = dict(zip(FIELDS, seen.loaded[0], strict=True)), seen.loaded[1][0], seen.entry
        if refusal := self._why_left(seen, moment):
            return refusal
        if raw["rjk"] and seen.job.state is State.SCHEDULED:
            return _NEXT
        queue = queue_of(entry)
        job = queue + entry.member
        return Change(
            (*_guards(seen), Step(("EXISTS", job + b":dependencies"), ("0",))), (), (),
            _decide("remove", entry.member, entry.shelf.role, queue, self._flag(version)),
            kept=tuple(job + part for part in _PARTS),
            note="its parent waits for it no more" if raw["parentKey"] else "",
        )  # fmt: skip

    def _why_left(self, seen: Seen, moment: Moment) -> str:
        if seen.loaded[0][FIELDS.index("name")] is None:
            return GONE
        if seen.job.state is State.PROCESSING and not moment.is_held_too_long(seen.job):
            return _LOCKED
        return self.why_unknown(seen.loaded[1][0])

    def _flag(self, version: bytes | None) -> str:
        return "1" if text_of(version or self.usual).startswith("bullmq:5.") else "0"


def queue_of(entry: Entry) -> bytes:
    """Return what the keys of an entry's queue begin with."""
    return entry.shelf.key.removesuffix(entry.shelf.role.encode())


def _guards(seen: Seen) -> tuple[Step, ...]:
    job = queue_of(seen.entry) + seen.entry.member
    unchanged = (says(job, name, value) for name, value in zip(SEEN, seen.loaded[0], strict=False))
    return (stands(seen.entry), *unchanged, Step(("EXISTS", job + b":lock"), ("0",)))


def _decide(name: str, *values: Value) -> LuaDecision:
    return LuaDecision(("backends", "foreign", "bullmq", name), values)


_NO_SCHEDULES = "BullMQ's job schedulers are the application's: upsertJobScheduler, removeJobScheduler"
REASONS = {
    **dict.fromkeys((Verb.SCHEDULE, Verb.UNSCHEDULE, Verb.RUN), _NO_SCHEDULES),
    **dict.fromkeys((Verb.EVENTS_ON, Verb.EVENTS_OFF), "BullMQ itself writes its events, always"),
    Verb.CLEAN: "BullMQ stores no workers: one that is gone is not connected any more",
    Verb.LIMIT: "BullMQ's limits are the application's: setGlobalConcurrency, setGlobalRateLimit",
}
WARNINGS = {
    Verb.RETRY: "a failed job gets all its attempts again",
    Verb.RELEASE: "BullMQ's workers take such a job back by themselves within a minute: release is for a queue without one",
    Verb.CANCEL: "BullMQ keeps no cancelled jobs: the job is deleted",
    Verb.DELETE: "BullMQ keeps no copy of a deleted job",
}
