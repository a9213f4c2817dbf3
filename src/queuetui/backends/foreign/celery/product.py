"""Celery on Redis: messages are in lists by priority, what workers hold in a hash, results in keys."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from queuetui.backends.base import BackendOptions
from queuetui.backends.foreign.celery import words
from queuetui.backends.foreign.celery.priority_lists import (
    EVERY_STEP,
    USUAL_SEP,
    given_back,
    read_steps,
    step_of,
    steps_in_use,
)
from queuetui.backends.foreign.celery.task_state import ENDED, state_of
from queuetui.backends.keys.changes import Guard, KeysChange, Rule, is_of_kind, scores, stands, take_away
from queuetui.backends.keys.ended_jobs import EndedJobs
from queuetui.backends.keys.lookup import make_rev
from queuetui.backends.keys.product import KeysProduct
from queuetui.backends.keys.scanned_keys import ListedKeys, QueueNames, escape_glob, names_in
from queuetui.backends.keys.seen import KeysMoment, Seen, unread_job
from queuetui.backends.keys.shelf import MOST_FIELDS, Ask, Command, Entry, Kind, Listing, Shelf
from queuetui.backends.keys.survey import Survey
from queuetui.backends.keys.written_times import written_about, written_at_end
from queuetui.backends.payloads.celery_result import read_result, write_revoked
from queuetui.backends.payloads.kombu_message import read_message, write_message
from queuetui.backends.payloads.kombu_routes import KombuRoutes, exchange_in, read_routes, separator_in
from queuetui.backends.payloads.python_call import summarise_call
from queuetui.backends.payloads.stored_values import at_of, text_of, time_of
from queuetui.backends.reading.refusals import states_by_verb
from queuetui.backends.reading.usual_lacks import lacking
from queuetui.backends.redis.server import RedisServer
from queuetui.backends.schedulers.redbeat import has_redbeat, read_redbeat
from queuetui.model.act import JobRef, Verb
from queuetui.model.capabilities import Capabilities, Liveness
from queuetui.model.clock import to_text
from queuetui.model.job import Job
from queuetui.model.schedule import KeptSchedule
from queuetui.model.state import PUT_OFF, WAITING, State
from queuetui.model.text import Untrusted

if TYPE_CHECKING:
    from queuetui.backends.foreign.celery.revoked_rows import RevokedRows

BINDINGS, RESULTS = b"_kombu.binding.", b"celery-task-meta-"
_HEAD_BYTES, _SAMPLED_RESULTS, _DEFAULT_EXPIRY = 65_536, 20, timedelta(days=1)
_FINAL = frozenset(ENDED.values())
_LISTED = (State.PENDING, State.SCHEDULED, State.RETRYING)
_Taken = tuple[tuple[Guard, ...], tuple[Command, ...], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Around(Survey):
    """What stands beside the tasks."""

    routes: KombuRoutes
    # The steps of priorities that workers are known to read.
    steps: Sequence[int]
    # The tasks whose messages a worker has or gave back.
    held: frozenset[str]
    listing: Listing
    # When a result was written that expires now, None where that is not known.
    at_end: datetime | None
    # Results are written as JSON here.
    in_json: bool


class Celery(KeysProduct):
    """The description of Celery; `prefix` begins the broker's keys, `results` those on `other`."""

    absent: Mapping[str, str] = lacking("Celery", "key", "tag", "lost", jobs="tasks") | {
        "max_attempts": "how often a task may be tried again is in the application's code",
        "created": "Celery's messages do not say when they were sent",
    }

    def __init__(
        self, server: RedisServer, other: RedisServer, prefix: bytes, results: bytes, options: BackendOptions
    ) -> None:
        self._prefix, self.results = prefix, results
        self._visible = timedelta(seconds=options.read_span_s("celery.visibility_timeout", 3_600))
        self._named = [*map(text_of, names_in(options.settings, "celery.queues"))]
        self._steps, self._sep = read_steps(options.settings), options.settings.get("celery.sep", USUAL_SEP).encode()
        head = prefix + BINDINGS
        self._exchanges = QueueNames(server.key_list, escape_glob(head) + b"*", partial(exchange_in, head))
        self.listed: ListedKeys = ListedKeys(other.key_list, results)
        self._held = Shelf("held", prefix + b"unacked", Kind.HASH, (State.PROCESSING, *_LISTED[1:], State.CANCELLED))
        self._index = prefix + b"unacked_index"
        self._held_ids: dict[bytes, str] = {}
        self.given_back: frozenset[str] = frozenset()
        self._ended_jobs = EndedJobs()
        self.home = f"the keys {text_of(prefix)}unacked and {text_of(results)}*"
        self.rules = (
            Rule(Verb.RETRY, PUT_OFF | {State.FAILED}, self._retry),
            Rule(Verb.RELEASE, frozenset({State.PROCESSING}), self._release),
            Rule(Verb.CANCEL, WAITING, self._cancel),
            Rule(Verb.DELETE, WAITING | _FINAL, self._delete),
        )
        self._redbeat, self._has_redbeat = options.settings.get("celery.redbeat_prefix", "redbeat:").encode(), False
        self._note_results(are_there=False)
        # Set where results are in a table.
        self.revoked_rows: RevokedRows | None = None

    def _note_results(self, *, are_there: bool) -> None:
        """Keep what can be done; where no result was seen, none are kept here."""
        self._has_results = are_there
        kept = frozenset({*_LISTED, State.PROCESSING}) | (_FINAL if are_there else frozenset())
        self.capabilities = Capabilities(
            "celery", "Celery", native=False, applies=states_by_verb(self.rules), keeps=kept, reasons=words.REASONS,
            missing=dict.fromkeys(_FINAL - kept, words.NO_RESULTS), schedules=self._has_redbeat,
            liveness=Liveness.DEADLINE, warnings=words.WARNINGS, worker_command=("celery", "-A", "APP", "worker", "-Q", "{queue}"),
            frees_held=True,
        )  # fmt: skip

    def recognise(self, ask: Ask) -> str:
        """Tell Celery by its tables of bindings, or by its results."""
        self._has_redbeat = has_redbeat(self._redbeat, ask)
        self._note_results(are_there=bool(self.listed.read(ask).keys))
        told = ((self._exchanges.read(ask), "bindings", BINDINGS), (self._has_results, "results", RESULTS))
        return " and ".join(f"its {what} ({text_of(key)}*)" for there, what, key in told if there)

    def survey(self, ask: Ask) -> _Around:
        """Read what is bound to which queue, which tasks workers hold, and how long results stand."""
        routes, unread, listing = self._read_routes(ask), self._read_held(ask), self.listed.read(ask)
        some = listing.keys[:_SAMPLED_RESULTS]
        results = [read_result(raw) for raw in ask([*map(_head_of, some)])]
        ends = ask([("PTTL", key) for key in some])
        self._note_results(are_there=self._has_results or bool(results))
        names = sorted(routes.queues.union(self._named))
        lists = {step: [self.list_of(name, step).key for name in names] for step in EVERY_STEP}
        self.given_back = given_back([key for keys in lists.values() for key in keys], ask)
        return _Around(
            tuple(name.encode("utf-8", "surrogatepass") for name in names),
            unseen="; ".join(filter(None, (self._exchanges.unseen, unread, listing.unseen))),
            steps=self._steps or steps_in_use(lists if self._held_ids else {}, ask), held=self.given_back.union(self.held_ids),
            routes=routes, listing=listing, at_end=written_at_end(zip((time_of(one.done) for one in results), ends, strict=True)),
            in_json=bool(results) and all(one.in_json for one in results if one.said),
        )  # fmt: skip

    def _read_routes(self, ask: Ask) -> KombuRoutes:
        """Read what is bound to which queue, by the tables of all exchanges."""
        exchanges = self._exchanges.read(ask)
        tables = ask([("SMEMBERS", self._prefix + BINDINGS + name) for name in exchanges])
        bound = dict(zip(exchanges, tables, strict=True))
        self._sep = separator_in(bound, self._sep)
        return read_routes(bound, self._sep)

    def _read_held(self, ask: Ask) -> str:
        """Note which tasks workers hold; return why that is not all, nothing where it is."""
        held, size = ask([self._held.slice(0, MOST_FIELDS), self._held.size()])
        entries, known = self._held.entries(held, 0), self._held_ids
        # What a tag stands for never changes.
        self._held_ids = {one.member: known.get(one.member) or self.id_of(one) for one in entries}
        return f"workers hold {size:,} messages, of which {len(entries):,} are read" if size > len(entries) else ""

    @property
    def held_ids(self) -> Collection[str]:
        """The tasks whose messages workers held at the last look."""
        return self._held_ids.values()

    def schedules(self, survey: Survey, ask: Ask) -> list[KeptSchedule]:
        """Return what celery-redbeat keeps."""
        return read_redbeat(self._redbeat, ask)

    def shelves(self, survey: Survey) -> tuple[Shelf, ...]:
        """Return the lists of each queue, the first served first, what workers hold, and the results."""
        lists = (self.list_of(text_of(queue), step) for queue in survey.queues for step in EVERY_STEP)
        return (*lists, self._held, self._ended(cast("_Around", survey).listing))

    def id_of(self, entry: Entry) -> str:
        """Return the id within a message, or at the end of a result's key."""
        if entry.shelf.kind is Kind.KEYS:
            return text_of(entry.member.removeprefix(self.results))
        message = read_message(entry.stored)
        return "" if message is None else message.task_id

    def places(self, job_id: str, shelves: Sequence[Shelf], ask: Ask) -> tuple[Entry, ...] | None:
        """Look for a task among what workers hold, and for its result; others stand in messages alone."""
        key = self._result_key(job_id)
        held, raw = ask([self._held.slice(0, MOST_FIELDS), _head_of(key)])
        if there := tuple(entry for entry in self._held.entries(held, 0) if self.id_of(entry) == job_id):
            return there
        is_there = raw and read_result(raw).status != "RETRY" and job_id not in self.given_back
        return (Entry(shelves[-1], key),) if is_there else None

    def loads(self, entry: Entry) -> list[Command]:
        """Read what became of a task that was begun, and of one that a worker holds when it was given to it."""
        message = read_message(entry.stored)
        if entry.shelf.role == "queue" and not (message and (message.retries or message.headers.get("redelivered"))):
            return []
        key = self._result_key(self.id_of(entry))
        found: list[Command] = [_head_of(key), ("PTTL", key)]
        return [*found, ("ZSCORE", self._index, entry.member)] if entry.shelf.role == "held" else found

    def read(self, entry: Entry, loaded: Sequence[Any], moment: KeysMoment) -> Job | None:
        """Return the task of a message, or of a result whose message is gone; one that has ended is read once."""
        raw, is_result = loaded[0] if loaded else b"", entry.shelf.role == "result"
        if is_result and self.id_of(entry) in cast("_Around", moment.survey).held:
            return None
        read = partial(self._read, entry, raw, loaded, moment)
        return self._ended_jobs.read(entry, raw, moment, read) if is_result else read()

    def _read(self, entry: Entry, raw: bytes, loaded: Sequence[Any], moment: KeysMoment) -> Job | None:
        ref = JobRef(moment.backend, self.id_of(entry), make_rev(entry, *((raw, *loaded[2:]) if loaded else ())))
        result, message, around = read_result(raw), read_message(entry.stored), cast("_Around", moment.survey)
        if message is None and entry.shelf.kind is not Kind.KEYS:
            ref = replace(ref, id=entry.mark[1:])
            return unread_job(ref, entry.shelf, entry.shelf.states[0], words.UNREADABLE, shown=text_of(entry.stored))
        if message is None and (result.status == "RETRY" or not raw):
            return None
        headers, retries = (message.headers, message.retries) if message else ({}, result.retries or 0)
        given, eta = at_of(loaded[-1]) if entry.value else None, time_of(str(headers.get("eta")))
        state = state_of(entry, message, result, given, moment.now)
        is_run, is_known = state is State.PROCESSING, state in _FINAL or (state is State.PROCESSING and result.is_run)
        goal = around.routes.queue_of(message.exchange, message.routing_key) if message else None
        queue = entry.shelf.queue or goal or ("" if message else around.routes.queue_by_key(result.route))
        call, payload, problem = message.read_call() if message else result.read_call()
        written = written_about(around.at_end, int(loaded[1])) if is_run and result.is_run else None
        root, shadow = headers.get("root_id"), headers.get("shadow")
        return Job(
            ref, Untrusted(call), Untrusted(queue), state, Untrusted(payload),
            name=Untrusted(str(shadow)) if shadow else None,
            data=summarise_call(call, payload, moment.summaries),
            priority=message.priority if message else None,
            attempts=retries + int((is_known or result.is_run) and result.has_run),
            error=result.error if state in (State.RETRYING, State.FAILED) else None,
            result=result.returned if state is State.COMPLETED else None,
            progress=result.returned if is_run else None,
            worker=result.worker if is_known else None,
            correlation_id=Untrusted(str(root)) if root and root != ref.id else None,
            scheduled_at=eta, claimed_at=given or written,
            started_at=written if result.status == "STARTED" else None,
            completed_at=time_of(result.done) if state in _FINAL else None,
            lease_until=given + self._visible if given and is_run else None,
            remarks=words.remarks_of(message, result, state, problem, moment.now, is_held=bool(entry.value)),
        )  # fmt: skip

    def _retry(self, seen: Seen, moment: KeysMoment) -> KeysChange | str:
        """Send a failed task anew, or let one that waits for its time be taken now."""
        if seen.entry.shelf.kind is Kind.KEYS:
            return self._send_anew(seen, moment)
        return self._put(seen, moment, {"eta": None})

    def _release(self, seen: Seen, moment: KeysMoment) -> KeysChange | str:
        """Give back what a worker holds as Celery does; a run whose message is gone is sent anew."""
        if seen.entry.shelf.role == "held":
            return self._put(seen, moment, {})
        return self._send_anew(seen, moment) if moment.is_held_too_long(seen.job) else words.MAY_RUN

    def _put(self, seen: Seen, moment: KeysMoment, headers: Mapping[str, object]) -> KeysChange | str:
        """Put a message into its queue as it is but for some headers."""
        message, queue, entry = read_message(seen.entry.stored), seen.job.queue.raw, seen.entry
        if message is None or not queue or not message.is_whole:
            return words.UNREADABLE if message is None else words.OLD_PROTOCOL if queue else words.NO_QUEUE
        again = {"redelivered": True} if entry.value else {}
        goal = self.list_to_send_to(queue, moment.survey, message.priority) if entry.value else entry.shelf
        return self._send(seen, moment, goal, partial(message.changed, {**headers, **again}, again))

    def _send_anew(self, seen: Seen, moment: KeysMoment) -> KeysChange | str:
        """Send a task whose message is gone, as a client would: with its id, name and arguments alone."""
        result, queue, around = read_result(seen.loaded[0]), seen.job.queue.raw, cast("_Around", moment.survey)
        if result.call is None or not result.in_json or queue not in map(text_of, around.queues):
            return words.NO_QUEUE if result.call and result.in_json else words.NO_CALL
        write = partial(write_message, seen.job.ref.id, result.call, queue, result.said.get("parent_id"))
        return self._send(seen, moment, self.list_to_send_to(queue, around), write)

    def _send(self, seen: Seen, moment: KeysMoment, goal: Shelf, write: Callable[[], bytes]) -> KeysChange | str:
        """Put a message behind the others, before them where a worker held it, and drop its result."""
        guards, removes, why = self._take(seen, moment, with_result=True)
        entry, key = seen.entry, self._result_key(seen.job.ref.id)
        try:
            told = write()
        except ValueError:
            return words.ODD_NUMBER
        put, is_anew = ("RPUSH" if entry.value else "LPUSH", goal.key, told), entry.shelf.kind is Kind.KEYS
        note = (
            words.TWICE if entry.value or seen.job.state is State.PROCESSING else words.CALLED_ALONE if is_anew else ""
        )
        kept = ((self._held.key, entry.member),) if entry.value else ()
        guards, after = (*guards, is_of_kind(goal)), Entry(goal, told)
        return why or KeysChange(guards, (put,), removes, kept=(key,), kept_fields=kept, after=after, note=note)

    def _cancel(self, seen: Seen, moment: KeysMoment) -> KeysChange | str:
        """Take a message away and write the result that a worker writes which drops it."""
        guards, removes, why = self._take(seen, moment)
        message, around = read_message(seen.entry.stored), cast("_Around", moment.survey)
        if why or message is None:
            return why or words.UNREADABLE
        task_id, key = seen.job.ref.id, self._result_key(seen.job.ref.id)
        if self.revoked_rows is not None and not message.headers.get("ignore_result"):
            within = partial(self.revoked_rows.put, message, moment.now)
            return KeysChange(guards, removes=removes, kept=(key,), within=within)
        is_told = around.in_json and not message.headers.get("ignore_result")
        left_ms = int((moment.now - around.at_end if around.at_end else _DEFAULT_EXPIRY).total_seconds() * 1_000)
        put: Command = ("SET", key, write_revoked(task_id, moment.now.isoformat()), "PX", left_ms)
        after = Entry(replace(self._ended(around.listing), role="revoked"), key) if is_told else None
        guards = (*guards, Guard(("TYPE", key), ("string", "none")))
        return KeysChange(guards, (put,) if is_told else (), removes, kept=(key,), after=after)

    def _delete(self, seen: Seen, moment: KeysMoment) -> KeysChange | str:
        guards, removes, why = self._take(seen, moment, with_result=True)
        return why or KeysChange(guards, removes=removes, kept=(self._result_key(seen.job.ref.id),))

    def _take(self, seen: Seen, moment: KeysMoment, *, with_result: bool = False) -> _Taken:
        """Return the guards and the removal of an entry, or why it is left alone: a worker may hold it.

        `with_result`: what was given back goes with the result of the run before.
        """
        entry, key, raw = seen.entry, self._result_key(seen.job.ref.id), seen.loaded[0] if seen.loaded else b""
        still, end = Guard(_head_of(key), (raw,)), ("DEL", key)
        if not entry.value:
            guard, remove = (still, end) if entry.shelf.kind is Kind.KEYS else (stands(entry), take_away(entry))
            is_begun = with_result and entry.shelf.role == "queue" and read_result(raw).status not in ("", "RETRY")
            return ((guard, still), (remove, end), "") if is_begun else ((guard,), (remove,), "")
        given = at_of(seen.loaded[-1])
        guards = (stands(entry), scores(self._index, entry.member, seen.loaded[-1]))
        removes = (("ZREM", self._index, entry.member), take_away(entry))
        is_free = given is not None and given + self._visible < moment.now
        why = "" if is_free else f"{words.HELD}{f', at {to_text(given + self._visible)}' if given else ''}"
        return ((*guards, still), (*removes, end), why) if read_result(raw).is_run else (guards, removes, why)

    def _result_key(self, task_id: str) -> bytes:
        return self.results + task_id.encode("utf-8", "surrogatepass")

    def list_to_send_to(self, queue: str, survey: Survey, priority: int = 0) -> Shelf:
        """Return the list of a queue from which workers take messages of a priority."""
        return self.list_of(queue, step_of(cast("_Around", survey).steps, priority))

    def list_of(self, queue: str, step: int) -> Shelf:
        """Return the list of a queue and a step of priorities."""
        key = self._prefix + queue.encode("utf-8", "surrogatepass") + (self._sep + str(step).encode() if step else b"")
        return Shelf("queue", key, Kind.LIST, _LISTED, queue, falls=True)

    def _ended(self, listing: Listing) -> Shelf:
        return listing.fill(Shelf("result", self.results, Kind.KEYS, (*ENDED.values(), State.PROCESSING)))


def _head_of(key: bytes) -> Command:
    """Return the command that reads a result, of a long one its beginning."""
    return "GETRANGE", key, 0, _HEAD_BYTES - 1
