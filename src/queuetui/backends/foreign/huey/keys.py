"""Huey on Redis: messages stand in a list or sorted set.

Results and revocations stand in a hash, or in keys that expire.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any, cast

from queuetui.backends.foreign.huey import messages
from queuetui.backends.foreign.huey.messages import HueyEnd, HueyMessage
from queuetui.backends.keys.changes import Guard, KeysChange, Rule, holds, says, stands, take_away
from queuetui.backends.keys.lookup import make_rev
from queuetui.backends.keys.product import KeysProduct
from queuetui.backends.keys.scanned_keys import QueueNames
from queuetui.backends.keys.seen import KeysMoment, Seen
from queuetui.backends.keys.shelf import Ask, Command, Entry, Kind, Shelf
from queuetui.backends.keys.survey import Survey
from queuetui.backends.payloads.stored_values import at_of, text_of
from queuetui.backends.reading.refusals import states_by_verb
from queuetui.backends.redis.key_list import KeyList
from queuetui.model.act import JobRef, Verb
from queuetui.model.capabilities import Capabilities
from queuetui.model.job import Job
from queuetui.model.state import PUT_OFF, WAITING, State

_NAMED = re.compile(rb"huey\.(?:(?:redis|schedule|results)\.(.+)|r\.([A-Za-z0-9_]+)\..+)", re.DOTALL)
_WAITING = (State.PENDING, State.SCHEDULED, State.RETRYING, State.CANCELLED)
_STAMP_BYTES = 8
_NO_RESULTS = (
    "Huey keeps no results in a hash here, or none yet, and with results that expire it would not find a revocation there: "
    "delete the task instead"
)


@dataclass(frozen=True, slots=True)
class _Queues(Survey):
    """The queues; those with priorities are sorted sets."""

    with_priorities: frozenset[bytes] = frozenset()


class HueyOnRedis(KeysProduct):
    """The description of Huey on Redis: each name is a queue.

    `zone` is UTC unless the application says utc=False.
    """

    home = "the keys huey.*"
    absent: Mapping[str, str] = messages.ABSENT

    def __init__(self, keys: KeyList, named: Sequence[bytes], zone: tzinfo = UTC) -> None:
        self._zone = zone
        self._is_named = bool(named)
        self._names = QueueNames(keys, b"huey.*", _queue_of, named)
        self.rules = (
            Rule(Verb.RETRY, PUT_OFF, self._run_now),
            Rule(Verb.RETRY, frozenset({State.CANCELLED}), self._restore),
            Rule(Verb.CANCEL, WAITING, self._revoke),
            Rule(Verb.DELETE, frozenset(_WAITING), self._delete),
        )
        self.capabilities = Capabilities(
            "huey", "Huey", native=False, applies=states_by_verb(self.rules),
            keeps=frozenset({*_WAITING, State.FAILED, State.COMPLETED}), reasons=messages.REASONS, warnings=messages.WARNINGS,
            worker_command=("huey_consumer", "MODULE.huey"),
        )  # fmt: skip

    def recognise(self, ask: Ask) -> str:
        """Tell Huey by its queues, schedules and results."""
        names = self._names.read(ask)
        kinds = ask(
            [("TYPE", b"huey.%b.%b" % (part, name)) for name in names for part in (b"redis", b"schedule", b"results")]
        )
        if set(kinds) - {b"none"}:
            return "its keys huey.redis.*, huey.schedule.* and huey.results.*"
        return "huey.names in the profile" if self._is_named else ""

    def survey(self, ask: Ask) -> Survey:
        """Find the queues, and which of them have priorities."""
        names = self._names.read(ask)
        kinds = ask([("TYPE", b"huey.redis." + name) for name in names])
        sorted_sets = frozenset(name for name, kind in zip(names, kinds, strict=True) if kind == b"zset")
        return _Queues(names, unseen=self._names.unseen, with_priorities=sorted_sets)

    def shelves(self, survey: Survey) -> tuple[Shelf, ...]:
        """Return the shelves of each queue: its schedule, the queue itself and its results.

        A queue that is a list is taken from its end.
        """
        found = []
        for name in survey.queues:
            has_priorities, queue = name in cast("_Queues", survey).with_priorities, text_of(name)
            kind = Kind.SORTED if has_priorities else Kind.LIST
            found += [
                Shelf("schedule", b"huey.schedule." + name, Kind.SORTED, _WAITING, queue),
                Shelf("redis", b"huey.redis." + name, kind, _WAITING, queue, falls=not has_priorities),
                Shelf(
                    "results",
                    b"huey.results." + name,
                    Kind.HASH,
                    (State.FAILED, State.COMPLETED),
                    queue,
                    has_others=True,
                ),
            ]
        return tuple(found)

    def id_of(self, entry: Entry) -> str:
        """Return the id in a message, or under which a result is stored."""
        if entry.shelf.role == "results":
            return text_of(entry.member) if messages.is_task_id(text_of(entry.member)) else ""
        head = messages.read_head(_raw(entry))
        return "" if head is None else head.id

    def places(self, job_id: str, shelves: Sequence[Shelf], ask: Ask) -> tuple[Entry, ...] | None:
        """Look for a result; a message is found only by looking through the queues."""
        results = [shelf for shelf in shelves if shelf.role == "results"]
        stored = job_id.encode("utf-8", "surrogatepass")
        values = ask([("HGET", shelf.key, stored) for shelf in results])
        found = (Entry(shelf, stored, value=value) for shelf, value in zip(results, values, strict=True) if value)
        return tuple(entry for entry in found if _ended(entry) is not None) or None

    def loads(self, entry: Entry) -> list[Command]:
        """Read the result of a message, and whether the message or its task is revoked.

        Huey keeps these in a hash, or in keys of their own that expire.
        """
        message = None if entry.shelf.role == "results" else messages.read_message(_raw(entry))
        if message is None:
            return []
        fields = [one.encode("utf-8", "replace") for one in (message.id, f"r:{message.id}", f"rt:{message.name}")]
        name = _name(entry)
        return [
            ("HMGET", b"huey.results." + name, *fields),
            ("MGET", *(b"huey.r.%b.%b" % (name, field) for field in fields)),
        ]

    def read(self, entry: Entry, loaded: Sequence[Any], moment: KeysMoment) -> Job | None:
        """Return the job; an error after which the task is tried again is shown with its message."""
        queue = entry.shelf.queue or ""
        if entry.shelf.role == "results":
            ended = _ended(entry)
            ref = JobRef(moment.backend, text_of(entry.member), make_rev(entry))
            return None if ended is None else messages.ended_job(ref, queue, ended)
        message, told = messages.read_message(_raw(entry)), _told(loaded)
        job_id = text_of(entry.member[:20]) if message is None else message.id
        ref = JobRef(moment.backend, job_id, make_rev(entry, *told))
        if message is None:
            return messages.unread_job(ref, queue)
        outcome = None if told[0] is None else messages.read_outcome(told[0])
        revoked = any(messages.is_revoked(one, moment.now, self._zone) for one in told[1:])
        state = messages.waiting_state(message, outcome, moment.now, self._zone, revoked=revoked)
        return messages.waiting_job(ref, queue, state, message, outcome, self._zone, moment.summaries, _stamped(entry))

    def _run_now(self, seen: Seen, moment: KeysMoment) -> KeysChange | str:
        """Put a message that is due now in the place of one that is due later.

        The consumer takes it from there.
        """
        entry = seen.entry
        message = messages.read_message(_raw(entry))
        written = messages.due_now(_raw(entry), moment.now, self._zone)
        if isinstance(written, str) or message is None or message.eta is None:
            return written if isinstance(written, str) else messages.UNREADABLE
        member = entry.member[:_STAMP_BYTES] + written if _is_stamped(entry) else written
        if entry.shelf.kind is Kind.LIST:
            return _exchange(entry, Entry(entry.shelf, member), ("LPUSH", entry.shelf.key, member))
        score = float(entry.score or 0)
        if entry.shelf.role == "schedule":
            # The schedule's times are those of the consumer's own zone.
            score += (moment.now - messages.in_zone(message.eta, self._zone)).total_seconds()
        return _exchange(entry, Entry(entry.shelf, member), ("ZADD", entry.shelf.key, repr(score), member))

    def _revoke(self, seen: Seen, moment: KeysMoment) -> KeysChange | str:
        message, results = messages.read_message(_raw(seen.entry)), b"huey.results." + _name(seen.entry)
        if message is None or message.why_not_revoked:
            return message.why_not_revoked if message else messages.UNREADABLE
        field = f"r:{message.id}".encode("utf-8", "replace")
        # A hash that is not there yet might be one that never will be: with results that expire Huey looks elsewhere.
        there = Guard(("TYPE", results), ("hash",), _NO_RESULTS)
        guards = (stands(seen.entry), there, says(results, field, None))
        put: Command = ("HSET", results, field, messages.REVOKED)
        return KeysChange(guards, (put,), kept_fields=((results, field),), after=seen.entry)

    def _restore(self, seen: Seen, moment: KeysMoment) -> KeysChange | str:
        """Take the revocation away, as restore_by_id does."""
        entry, message, told = seen.entry, messages.read_message(_raw(seen.entry)), _told(seen.loaded)
        if message is None or told[1] is None or messages.is_revoked(told[2], moment.now, self._zone):
            return messages.TASK_REVOKED
        guard, remove = self._revocation(entry, message, seen)
        return KeysChange((stands(entry), guard), removes=(remove,), after=entry)

    def _delete(self, seen: Seen, moment: KeysMoment) -> KeysChange | str:
        message = messages.read_message(_raw(seen.entry))
        if message is None or _told(seen.loaded)[1] is None:
            return KeysChange((stands(seen.entry),), removes=(take_away(seen.entry),))
        guard, remove = self._revocation(seen.entry, message, seen)
        return KeysChange((stands(seen.entry), guard), removes=(take_away(seen.entry), remove))

    def _revocation(self, entry: Entry, message: HueyMessage, seen: Seen) -> tuple[Guard, Command]:
        """Return the guard that a task is revoked as it was seen, and what takes the revocation away."""
        field = f"r:{message.id}".encode("utf-8", "replace")
        results, key = b"huey.results." + _name(entry), b"huey.r.%b.%b" % (_name(entry), field)
        in_hash = seen.loaded[0][1]
        if in_hash is not None:
            return says(results, field, in_hash), ("HDEL", results, field)
        return holds(key, seen.loaded[1][1]), ("DEL", key)


def _queue_of(key: bytes) -> bytes | None:
    found = _NAMED.fullmatch(key)
    return None if found is None else found[1] or found[2]


def _name(entry: Entry) -> bytes:
    return entry.shelf.key.split(b".", 2)[2]


def _is_stamped(entry: Entry) -> bool:
    return entry.shelf.role == "redis" and entry.shelf.kind is Kind.SORTED


def _raw(entry: Entry) -> bytes:
    """Return the message; in a queue with priorities a time stands before it."""
    return entry.member[_STAMP_BYTES:] if _is_stamped(entry) else entry.member


def _stamped(entry: Entry) -> datetime | None:
    return at_of(int.from_bytes(entry.member[:_STAMP_BYTES]) / 1e6) if _is_stamped(entry) else None


def _told(loaded: Sequence[Any]) -> list[bytes | None]:
    """Return the result of a message, its revocation and that of its task, wherever they are kept."""
    in_hash, in_keys = loaded or ((None,) * 3, (None,) * 3)
    return [one if one is not None else other for one, other in zip(in_hash, in_keys, strict=True)]


def _ended(entry: Entry) -> HueyEnd | None:
    """Return what a result says that is the last of its task."""
    if not messages.is_task_id(text_of(entry.member)) or entry.value is None:
        return None
    outcome = messages.read_outcome(entry.value)
    return None if outcome.error is not None and outcome.retries else outcome


def _exchange(entry: Entry, after: Entry, put: Command) -> KeysChange:
    return KeysChange((stands(entry),), (put,), (take_away(entry),), after=after)
