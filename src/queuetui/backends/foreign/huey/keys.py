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
from queuetui.backends.keys.changes import Guard, KeysChange, Rule, holds, says, stands, take_away
from queuetui.backends.keys.lookup import make_rev
from queuetui.backends.keys.product import KeysProduct
from queuetui.backends.keys.scanned_keys import ListedKeys, QueueNames
from queuetui.backends.keys.seen import KeysMoment, Seen
from queuetui.backends.keys.shelf import Ask, Command, Entry, Kind, Listing, Shelf
from queuetui.backends.keys.survey import Survey
from queuetui.backends.payloads.huey_pickles import HueyEnd, HueyMessage, read_head, read_message, read_outcome
from queuetui.backends.payloads.stored_values import at_of, text_of
from queuetui.backends.reading.refusals import states_by_verb
from queuetui.backends.redis.key_list import KeyList
from queuetui.model.act import JobRef, Verb
from queuetui.model.capabilities import Capabilities
from queuetui.model.job import Job
from queuetui.model.state import PUT_OFF, WAITING, State

_NAMED = re.compile(rb"huey\.(?:(?:redis|schedule|results)\.(.+)|r\.([A-Za-z0-9_]+)\..+)", re.DOTALL)
_WAITING = (State.PENDING, State.SCHEDULED, State.RETRYING, State.CANCELLED)
_ENDED = (State.FAILED, State.COMPLETED, State.CANCELLED)
_KEYS = b"huey.r."
# Where results expire.
_IN_KEYS = Shelf("results", _KEYS, Kind.KEYS, _ENDED, has_others=True)
_STAMP_BYTES = 8
_NO_RESULTS = (
    "no results of its queue are stored yet, which tell whether Huey would find a revocation in a hash or in a key: "
    "delete the task instead"
)
_TWO_PLACES = (
    "results of its queue stand in a hash and in keys, so where Huey looks for a revocation is not known: delete it"
)


@dataclass(frozen=True, slots=True)
class _Queues(Survey):
    """The queues: those with priorities are sorted sets, those with results that expire have them in keys."""

    with_priorities: frozenset[bytes] = frozenset()
    with_expiry: frozenset[bytes] = frozenset()


class HueyOnRedis(KeysProduct):
    """The description of Huey on Redis: each name is a queue.

    `zone` is UTC unless the application says utc=False.
    """

    home = "the keys huey.*"
    absent: Mapping[str, str] = messages.ABSENT

    def __init__(self, keys: KeyList, named: Sequence[bytes], zone: tzinfo = UTC) -> None:
        self._zone = zone
        self._is_named = bool(named)
        # Names of results that expire are looked for only once the looks for queues have met one.
        self._has_expiring = False
        self._names = QueueNames(keys, b"huey.*", self._queue_of, named)
        self.listed: ListedKeys = ListedKeys(keys, _KEYS)
        self.rules = (
            Rule(Verb.RETRY, PUT_OFF, self._run_now),
            Rule(Verb.RETRY, frozenset({State.CANCELLED}), self._restore),
            Rule(Verb.CANCEL, WAITING, self._revoke),
            Rule(Verb.DELETE, frozenset(_WAITING), self._delete),
        )
        self.capabilities = Capabilities(
            "huey", "Huey", native=False, applies=states_by_verb(self.rules),
            keeps=frozenset({*_WAITING, *_ENDED}), reasons=messages.REASONS, warnings=messages.WARNINGS,
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
        if self._read_listing(ask).keys:
            return "its results in huey.r.NAME.ID"
        return "huey.names in the profile" if self._is_named else ""

    def survey(self, ask: Ask) -> Survey:
        """Find the queues, and which of them have priorities."""
        names = self._names.read(ask)
        kinds = ask([("TYPE", b"huey.redis." + name) for name in names])
        sorted_sets = frozenset(name for name, kind in zip(names, kinds, strict=True) if kind == b"zset")
        listing = self._read_listing(ask)
        unseen = self._names.unseen or listing.unseen
        expiring = frozenset(key.split(b".", 3)[2] for key in listing.keys)
        return _Queues(names, unseen=unseen, listing=listing, with_priorities=sorted_sets, with_expiry=expiring)

    def _read_listing(self, ask: Ask) -> Listing:
        return self.listed.read(ask) if self._has_expiring else Listing((), is_whole=True)

    def _queue_of(self, key: bytes) -> bytes | None:
        found = _NAMED.fullmatch(key)
        self._has_expiring = self._has_expiring or (found is not None and found[2] is not None)
        return None if found is None else found[1] or found[2]

    def shelves(self, survey: Survey) -> tuple[Shelf, ...]:
        """Return the shelves of each queue: its schedule, the queue itself and its results.

        A queue that is a list is taken from its end. Results that expire are keys of their own, those of all queues one shelf.
        """
        found: list[Shelf] = []
        for name in survey.queues:
            has_priorities, queue = name in cast("_Queues", survey).with_priorities, text_of(name)
            kind = Kind.SORTED if has_priorities else Kind.LIST
            found += [
                Shelf("schedule", b"huey.schedule." + name, Kind.SORTED, _WAITING, queue),
                Shelf("redis", b"huey.redis." + name, kind, _WAITING, queue, falls=not has_priorities),
                Shelf("results", b"huey.results." + name, Kind.HASH, _ENDED, queue, has_others=True),
            ]
        return (*found, survey.listing.fill(_IN_KEYS) if survey.listing else _IN_KEYS)

    def id_of(self, entry: Entry) -> str:
        """Return the id in a message, or under which a result is stored."""
        if entry.shelf.role == "results":
            stored = text_of(_field(entry))
            return stored if messages.is_task_id(stored) else ""
        head = read_head(_raw(entry))
        return "" if head is None else head.id

    def places(self, job_id: str, shelves: Sequence[Shelf], ask: Ask) -> tuple[Entry, ...] | None:
        """Look for a result; a message is found only by looking through the queues."""
        results = [shelf for shelf in shelves if shelf.kind is Kind.HASH]
        stored = job_id.encode("utf-8", "surrogatepass")
        values = ask([("HGET", shelf.key, stored) for shelf in results])
        found = [Entry(shelf, stored, value=value) for shelf, value in zip(results, values, strict=True) if value]
        keys = [b"%b%b.%b" % (_KEYS, shelf.key.split(b".", 2)[2], stored) for shelf in results]
        read = zip(keys, ask([("GET", key) for key in keys]), strict=True)
        there = [Entry(_IN_KEYS, key) for key, value in read if _ended(stored, value) is not None]
        return (*(one for one in found if _ended(stored, one.value) is not None), *there) or None

    def loads(self, entry: Entry) -> list[Command]:
        """Read the result of a message, and whether the message or its task is revoked.

        Huey keeps these in a hash, or in keys of their own that expire.
        """
        if entry.shelf.role == "results":
            return [("GET", entry.member)] if entry.shelf.kind is Kind.KEYS else []
        message = read_message(_raw(entry))
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
            ended = _ended(_field(entry), loaded[0] if loaded else entry.value)
            ref = JobRef(moment.backend, text_of(_field(entry)), make_rev(entry, *loaded))
            return None if ended is None else messages.ended_job(ref, queue or text_of(_name(entry)), ended)
        message, told = read_message(_raw(entry)), _told(loaded)
        job_id = text_of(entry.member[:20]) if message is None else message.id
        ref = JobRef(moment.backend, job_id, make_rev(entry, *told))
        if message is None:
            return messages.unread_job(ref, queue)
        outcome = None if told[0] is None else read_outcome(told[0])
        revoked = any(messages.is_revoked(one, moment.now, self._zone) for one in told[1:])
        state = messages.waiting_state(message, outcome, moment.now, self._zone, revoked=revoked)
        job = messages.waiting_job(ref, queue, state, message, outcome, self._zone, moment.summaries, _stamped(entry))
        return messages.say_revoked(job, told[2], moment.now, self._zone)

    def _run_now(self, seen: Seen, moment: KeysMoment) -> KeysChange | str:
        """Put a message that is due now in the place of one that is due later.

        The consumer takes it from there.
        """
        entry = seen.entry
        message = read_message(_raw(entry))
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
        message, name = read_message(_raw(seen.entry)), _name(seen.entry)
        refusal = messages.UNREADABLE if message is None else messages.why_not_revoked(message)
        if message is None or refusal:
            return refusal
        results, field = b"huey.results." + name, f"r:{message.id}".encode("utf-8", "replace")
        if name in cast("_Queues", moment.survey).with_expiry:
            key = b"%b%b.%b" % (_KEYS, name, field)
            guards = (stands(seen.entry), Guard(("TYPE", results), ("none",), _TWO_PLACES), holds(key, None))
            return KeysChange(guards, (("SET", key, messages.REVOKED),), kept=(key,), after=seen.entry)
        # A hash that is not there yet might be one that never will be: with results that expire Huey looks elsewhere.
        there = Guard(("TYPE", results), ("hash",), _NO_RESULTS)
        guards = (stands(seen.entry), there, says(results, field, None))
        put: Command = ("HSET", results, field, messages.REVOKED)
        return KeysChange(guards, (put,), kept_fields=((results, field),), after=seen.entry)

    def _restore(self, seen: Seen, moment: KeysMoment) -> KeysChange | str:
        """Take the revocation away, as restore_by_id does."""
        if seen.entry.shelf.role == "results":
            return messages.END_ALONE
        entry, message, told = seen.entry, read_message(_raw(seen.entry)), _told(seen.loaded)
        if message is None or told[1] is None or messages.is_revoked(told[2], moment.now, self._zone):
            return messages.TASK_REVOKED
        guard, remove = self._revocation(entry, message, seen)
        return KeysChange((stands(entry), guard), removes=(remove,), after=entry)

    def _delete(self, seen: Seen, moment: KeysMoment) -> KeysChange | str:
        if seen.entry.shelf.role == "results":
            return messages.END_ALONE
        message = read_message(_raw(seen.entry))
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


def _name(entry: Entry) -> bytes:
    is_key = entry.shelf.kind is Kind.KEYS
    return entry.member.split(b".", 3)[2] if is_key else entry.shelf.key.split(b".", 2)[2]


def _field(entry: Entry) -> bytes:
    """Return under what a result is stored, in a hash or in a key of its own."""
    return entry.member.split(b".", 3)[-1] if entry.shelf.kind is Kind.KEYS else entry.member


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


def _ended(stored: bytes, value: bytes | None) -> HueyEnd | None:
    """Return what a result says that is the last of its task."""
    if not messages.is_task_id(text_of(stored)) or value is None:
        return None
    outcome = read_outcome(value)
    return None if outcome.error is not None and outcome.retries else outcome


def _exchange(entry: Entry, after: Entry, put: Command) -> KeysChange:
    return KeysChange((stands(entry),), (put,), (take_away(entry),), after=after)
