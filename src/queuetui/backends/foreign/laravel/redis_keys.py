"""Laravel's Redis queue: what waits is a list, what is delayed or runs a sorted set of whole messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import msgspec

from queuetui.backends.foreign.laravel.horizon import (
    card_of,
    ended_shelves,
    paused_queues,
    read_ended,
    read_supervisors,
)
from queuetui.backends.foreign.laravel.jobs import JobReader, counted_runs, created_at, remarks_on
from queuetui.backends.foreign.laravel.refusals import ABSENT, PAST, REASONS, WARNINGS
from queuetui.backends.foreign.laravel.settings import LaravelSettings
from queuetui.backends.keys.changes import Guard, KeysChange, Rule, is_of_kind, stands, take_away
from queuetui.backends.keys.lookup import make_rev
from queuetui.backends.keys.product import KeysProduct
from queuetui.backends.keys.scanned_keys import QueueNames
from queuetui.backends.keys.seen import KeysMoment, Seen
from queuetui.backends.keys.shelf import Ask, Command, Entry, Kind, Shelf
from queuetui.backends.keys.survey import Survey
from queuetui.backends.payloads.laravel_payload import is_uuid, read_payload
from queuetui.backends.payloads.stored_values import at_of, object_of, text_of, write_json
from queuetui.backends.reading.refusals import RUNS_TWICE, states_by_verb
from queuetui.model.act import KEEP, NO_DEADLINE, RETRY_UNTIL, JobRef, Verb
from queuetui.model.capabilities import Capabilities, Liveness
from queuetui.model.job import Job
from queuetui.model.state import PUT_OFF, WAITING, State
from queuetui.model.text import Untrusted

KIND, LABEL = "laravel-redis", "Laravel Redis queue"
QUEUES = b"queues:"
DELAYED, RESERVED, NOTIFY = b":delayed", b":reserved", b":notify"
_PARTS = (DELAYED, RESERVED, NOTIFY)
_RUNNING = frozenset({State.PROCESSING})
_KNOWN_BY_QUEUES = 5


class _Names(msgspec.Struct):
    """What a message is called by, read without the rest of it."""

    uuid: object = None
    id: object = None


_NAMES = msgspec.json.Decoder(_Names)


def queue_in(key: bytes, prefix: bytes) -> bytes:
    """Return the queue that a key belongs to, nothing for a key of others."""
    name = key.removeprefix(prefix + QUEUES)
    part = next((one for one in _PARTS if name.endswith(one)), b"")
    return b"" if name == key else name.removesuffix(part)


class LaravelRedis(KeysProduct):
    """One application's queues; `prefix` is what its Redis connection puts before every key."""

    absent: Mapping[str, str] = ABSENT

    def __init__(
        self,
        prefix: bytes,
        names: QueueNames,
        settings: LaravelSettings,
        retry_after_s: float | None,
        missing: str,
        *,
        is_named: bool,
        horizon: bytes | None = None,
    ) -> None:
        self.prefix = prefix
        self.home = f"the keys {text_of(prefix)}queues:*"
        self._names = names
        self._settings = settings
        self._retry_after_s = retry_after_s
        self._is_named = is_named
        self._horizon = horizon
        # Failed jobs are read where they can be retried, if that is known.
        self._ended = () if horizon is None else (State.COMPLETED, *((State.FAILED,) if missing else ()))
        offered = (
            Rule(Verb.RETRY, PUT_OFF, self._make_due),
            Rule(Verb.RELEASE, _RUNNING, self._release),
            *(Rule(verb, WAITING | _RUNNING, self._remove) for verb in (Verb.CANCEL, Verb.DELETE)),
        )
        # Of the jobs that wait in their turn, only what the next worker would fail has anything to be retried for.
        self.rules = (*offered, Rule(Verb.RETRY, frozenset({State.PENDING}), self._renew))
        self.capabilities = Capabilities(
            KIND, LABEL, native=False, applies=states_by_verb(offered), keeps=WAITING | _RUNNING | {*self._ended}, reasons=REASONS,
            liveness=Liveness.DEADLINE, warnings={**WARNINGS, Verb.RELEASE: RUNS_TWICE},
            missing={} if horizon is not None else {State.FAILED: missing, State.COMPLETED: _NO_HISTORY},
            worker_command=("php", "artisan", *(_BY_ITSELF if horizon is None else ("horizon",))), workers=horizon is not None,
        )  # fmt: skip

    def recognise(self, ask: Ask) -> str:
        """Tell Laravel by one of its messages in one of its keys, or by what it rings its workers with."""
        names = self._names.read(ask)[:_KNOWN_BY_QUEUES]
        looks = [self._shelf(role, name).slice(0, 1) for role in (b"", DELAYED, RESERVED) for name in names]
        first = [member for reply in ask(looks) for member in reply[:1]]
        is_message = any({"job", "data"} <= (object_of(member) or {}).keys() for member in first)
        if (
            not self._is_named
            and not is_message
            and b"list" not in ask([("TYPE", self.key(name, NOTIFY)) for name in names])
        ):
            return ""
        return f"its keys begin with {text_of(self.prefix)}queues:"

    def survey(self, ask: Ask) -> Survey:
        """Return the queues that were found by their keys so far, and Horizon's supervisors where it is known."""
        names = self._names.read(ask)
        supervisors = () if self._horizon is None else read_supervisors(self._horizon, ask)
        return Survey(names, supervisors, paused=paused_queues(supervisors), unseen=self._names.unseen)

    def shelves(self, survey: Survey) -> tuple[Shelf, ...]:
        """Return what is delayed, what waits and what runs, of every queue, and what ended."""
        live = (self._shelf(role, name) for role in (DELAYED, b"", RESERVED) for name in survey.queues)
        return (*live, *(() if self._horizon is None else ended_shelves(self._horizon, self._ended)))

    def id_of(self, entry: Entry) -> str:
        """Return the uuid within a message, or what it is named by without one."""
        if entry.shelf.queue is None:
            return text_of(entry.member)
        try:
            said = _NAMES.decode(entry.member)
        except (msgspec.DecodeError, UnicodeDecodeError):
            said = _Names()
        return _name_of(entry, said.uuid, said.id)

    def loads(self, entry: Entry) -> list[Command]:
        """Read the hash of a job that ended; a member of the other keys is the whole message."""
        return [] if self._horizon is None or entry.shelf.queue is not None else card_of(self._horizon, entry)

    def read(self, entry: Entry, loaded: Sequence[Any], moment: KeysMoment) -> Job | None:
        """Return the job of a message, or one that ended."""
        if entry.shelf.queue is None:
            return read_ended(entry, loaded, moment, JobReader(self._settings, moment.summaries or {}))
        stored = text_of(entry.member)
        payload = read_payload(stored, brief=moment.brief)
        attempts, role, at = counted_runs(payload) or 0, entry.shelf.role, at_of(entry.score)
        is_run, is_delayed = role == RESERVED.decode(), role == DELAYED.decode()
        state = entry.shelf.states[0] if not is_delayed or attempts == 0 else State.RETRYING
        since = None if at is None or not is_run or not self._retry_after_s else timedelta(seconds=self._retry_after_s)
        started = None if since is None or at is None else at - since
        made, most = created_at(payload), None if payload.retry_until else payload.max_tries or None
        remarks = remarks_on(payload, moment.now)
        if made is None and state is State.PENDING:
            remarks.append(_UNTIMED)
        job = Job(
            JobRef(moment.backend, _name_of(entry, payload.uuid, payload.fields.get("id")), make_rev(entry)),
            Untrusted(payload.type),
            Untrusted(entry.shelf.queue or ""),
            state,
            Untrusted(stored),
            attempts=attempts,
            max_attempts=most,
            created_at=made,
            scheduled_at=at if is_delayed else None,
            started_at=started,
            claimed_at=started,
            lease_until=at if is_run else None,
            remarks=tuple(remarks),
        )
        return JobReader(self._settings, moment.summaries or {}).add_payload(
            job, payload, stored, moment.now, brief=moment.brief
        )

    def push(self, queue: bytes, message: bytes) -> tuple[Entry, tuple[Guard, ...], tuple[Command, ...]]:
        """Return where a message waits once it is pushed, and the guards and puts of that."""
        waiting, bell = self._shelf(b"", queue), Shelf("notify", self.key(queue, NOTIFY), Kind.LIST, ())
        puts = (("RPUSH", waiting.key, message), ("RPUSH", bell.key, "1"))
        return Entry(waiting, message), (is_of_kind(waiting), is_of_kind(bell)), puts

    def key(self, queue: bytes, part: bytes = b"") -> bytes:
        """Return a key of a queue."""
        return self.prefix + QUEUES + queue + part

    def _shelf(self, role: bytes, queue: bytes) -> Shelf:
        kind = Kind.SORTED if role else Kind.LIST
        states = {DELAYED: (State.SCHEDULED, State.RETRYING), RESERVED: (State.PROCESSING,)}
        return Shelf(role.decode(), self.key(queue, role), kind, states.get(role, (State.PENDING,)), text_of(queue))

    def _make_due(self, seen: Seen, moment: KeysMoment) -> KeysChange | str:
        return self._push_again(seen, moment, 0, "")

    def _renew(self, seen: Seen, moment: KeysMoment) -> KeysChange | str:
        is_late = seen.job.expired_at is not None and moment.args.get(RETRY_UNTIL, KEEP) != KEEP
        return self._make_due(seen, moment) if is_late or seen.job.is_used_up else _IN_TURN

    def _release(self, seen: Seen, moment: KeysMoment) -> KeysChange | str:
        """Put an expired run back, not counted, as each worker that looks at its queue would."""
        if not moment.is_held_too_long(seen.job):
            return _STILL_HELD
        return self._push_again(seen, moment, max((seen.job.attempts or 0) - 1, 0), RUNS_TWICE)

    def _push_again(self, seen: Seen, moment: KeysMoment, attempts: int, note: str) -> KeysChange | str:
        deadline = moment.args.get(RETRY_UNTIL, KEEP) if seen.job.expired_at is not None else KEEP
        message = write_again(seen.entry.member, attempts, deadline, int(moment.now.timestamp()))
        if isinstance(message, str):
            return message
        after, guards, puts = self.push(queue_in(seen.entry.shelf.key, self.prefix), message)
        past = PAST if deadline == KEEP and seen.job.expired_at is not None else ""
        return KeysChange(
            (stands(seen.entry), *guards),
            puts,
            (take_away(seen.entry),),
            after=after,
            note="; ".join(filter(None, (note, past))),
        )

    def _remove(self, seen: Seen, moment: KeysMoment) -> KeysChange | str:
        if seen.job.state is State.PROCESSING and not moment.is_held_too_long(seen.job):
            return _STILL_HELD
        bell = self.key(queue_in(seen.entry.shelf.key, self.prefix), NOTIFY)
        rung: tuple[Command, ...] = (("LPOP", bell),) if seen.entry.shelf.kind is Kind.LIST else ()
        note = _NOT_STOPPED if seen.job.state is State.PROCESSING else ""
        return KeysChange((stands(seen.entry),), removes=(take_away(seen.entry), *rung), note=note)


def _name_of(entry: Entry, uuid: object, number: object) -> str:
    """Return what a job is called: by its uuid, by the id of its message, or by the message itself."""
    if isinstance(uuid, str) and is_uuid(uuid):
        return uuid
    return number if isinstance(number, str) and number else entry.mark[1:]


def write_again(message: bytes, attempts: int, deadline: str, now_s: int) -> bytes | str:
    """Return a message with other attempts and deadline (KEEP: its own), or why that cannot be.

    A message that says so already keeps its bytes.
    """
    said = object_of(message)
    if said is None:
        return _UNREADABLE
    if _UNKNOWN in message.decode("utf-8", "replace"):
        return _ODD_BYTES
    if said.get("attempts") == attempts and deadline == KEEP:
        return message
    said["attempts"] = attempts
    if deadline != KEEP:
        name = "timeoutAt" if "timeoutAt" in said else "retryUntil"
        said[name] = None if deadline == NO_DEADLINE else now_s + int(deadline)
    written = write_json(said)
    # As PHP writes it: a slash stands in texts only.
    return _ODD_NUMBER if written is None else written.replace(b"/", b"\\/")


_BY_ITSELF = ("queue:work", "redis", "--queue={queue}")
_UNTIMED = "Laravel does not store since when it waits"
_IN_TURN = "it is pending and will be taken in its turn; only failed, retrying and scheduled jobs can be retried"
_STILL_HELD = (
    "it is processing and its retry_after is not over, so its worker may be alive; workers put it back once it is"
)
_NOT_STOPPED = "work that still runs was not stopped"
_NO_HISTORY = "Laravel deletes a job's message when it has finished"
_UNREADABLE = "its message is no JSON object, so it cannot be written again; delete it, or look at what pushed it"
_ODD_NUMBER = "its message holds a number that JSON cannot carry, so it cannot be written again; retry it with: php artisan queue:retry"
_ODD_BYTES = (
    "its message is not valid in its encoding, so it cannot be written again; retry it with: php artisan queue:retry"
)
# What a text is read as where its bytes are not valid.
_UNKNOWN = "\N{REPLACEMENT CHARACTER}"
