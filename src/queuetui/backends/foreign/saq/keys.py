"""SAQ on Redis: jobs are keys of their own, whose names stand in lists and a sorted set.

One list holds what waits, one what runs, and the sorted set all that is not over.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from queuetui.backends.base import BackendOptions
from queuetui.backends.foreign.saq.message import MESSAGE, TTL_S, held_until, tell
from queuetui.backends.foreign.saq.words import ABSENT, RECURS, TRIED_AGAIN, WARNINGS
from queuetui.backends.found import Found
from queuetui.backends.keys.backend import find_product
from queuetui.backends.keys.changes import Guard, KeysChange, Rule, holds, is_of_kind, scores, stands, take_away
from queuetui.backends.keys.lookup import entries_of, make_rev
from queuetui.backends.keys.product import KeysProduct
from queuetui.backends.keys.scanned_keys import ListedKeys, QueueNames, names_in
from queuetui.backends.keys.seen import KeysMoment, Seen
from queuetui.backends.keys.shelf import Ask, Command, Entry, Kind, Shelf
from queuetui.backends.keys.survey import Survey
from queuetui.backends.payloads.stored_values import at_of, first_time, number_of, object_of, read_object, text_of
from queuetui.backends.reading.refusals import RUNS_TWICE, states_by_verb
from queuetui.backends.reading.usual_lacks import usual_reasons
from queuetui.backends.redis.key_list import KeyList
from queuetui.backends.redis.server import RedisServer
from queuetui.model.act import JobRef, Verb
from queuetui.model.capabilities import Capabilities, Liveness
from queuetui.model.job import Job
from queuetui.model.state import State
from queuetui.model.text import Untrusted
from queuetui.model.worker import WorkerInfo

_JOBS = b"saq:job:"
_OF_QUEUE = re.compile(rb"saq:(.+):(?:queued|active|incomplete|stats|schedule|sweep)", re.DOTALL)
# A worker says for how long it counts as live: a second more than it beats by itself.
_BEATS_LAST = timedelta(seconds=11)
_MOST_WORKERS = _MOST_RUNS = 1_000
_LATER = (State.SCHEDULED, State.RETRYING)
_ENDED = {"complete": State.COMPLETED, "failed": State.FAILED, "aborted": State.CANCELLED, "aborting": State.CANCELLED}
_BEGUN = ("active", "aborting")
_KEPT = frozenset({State.PENDING, State.PROCESSING, *_LATER, *_ENDED.values()})
# In the order in which jobs travel.
_ROLES = {"incomplete": _LATER, "queued": (State.PENDING,), "active": (State.PROCESSING,)}
_ALL_JOBS = Shelf("ended", _JOBS, Kind.KEYS, tuple(dict.fromkeys(_ENDED.values())))
_OF_RUNS = ("completed", "started", "progress", "result", "scheduled", "attempts", "error")


class Saq(KeysProduct):
    """The description of SAQ's queues on Redis."""

    absent: Mapping[str, str] = ABSENT | {
        "priority": "SAQ has priorities on PostgreSQL alone",
        "key": "a job of SAQ is told from others by its id alone, which ends in its key",
    }
    home = "the keys saq:"

    def __init__(self, keys: KeyList, settings: Mapping[str, str]) -> None:
        self._names = QueueNames(keys, b"saq:*", _queue_of, names_in(settings, "saq.queues"))
        self.listed: ListedKeys = ListedKeys(keys, _JOBS)
        self.rules = (
            Rule(Verb.RETRY, frozenset({State.FAILED, State.CANCELLED, *_LATER}), self._retry),
            Rule(Verb.RELEASE, frozenset({State.PROCESSING}), self._release),
            Rule(Verb.CANCEL, frozenset({State.PENDING, State.PROCESSING, *_LATER}), self._cancel),
            Rule(Verb.DELETE, _KEPT - {State.PROCESSING}, self._delete),
        )
        self.capabilities = Capabilities(
            "saq", "SAQ", native=False, applies=states_by_verb(self.rules), keeps=_KEPT, reasons=_REASONS,
            liveness=Liveness.DEADLINE, workers=True, warnings=WARNINGS, worker_command=("saq", "MODULE.SETTINGS"),
        )  # fmt: skip

    def recognise(self, ask: Ask) -> str:
        """Tell SAQ by the lists and sets of its queues, or by jobs that are left."""
        queues = self._names.read(ask)
        if b"zset" in ask([("TYPE", _key(name, end)) for name in queues for end in (b"incomplete", b"stats")]):
            return "its sets saq:QUEUE:incomplete and saq:QUEUE:stats"
        return "its jobs in saq:job:QUEUE:KEY" if self.listed.read(ask).keys else ""

    def survey(self, ask: Ask) -> Survey:
        """Read the workers that said of themselves that they are live, with what they have taken."""
        queues = self._names.read(ask)
        listed = ask([("ZRANGE", _key(name, b"stats"), 0, _MOST_WORKERS, "WITHSCORES") for name in queues])
        ends = {key: end for flat in listed for key, end in zip(flat[::2], flat[1::2], strict=True)}
        cards = ask([("GET", key) for key in ends])
        taken = ask([("LRANGE", _key(name, b"active"), 0, _MOST_RUNS) for name in queues]) if any(cards) else []
        runs = [_read_message(raw)[0] or {} for raw in ask([("GET", key) for each in taken for key in each])]
        busy = Counter(str(run.get("worker_id")) for run in runs)
        found = (_read_worker(*one, busy) for one in zip(ends, ends.values(), cards, strict=True))
        listing = self.listed.read(ask)
        return Survey(queues, tuple(filter(None, found)), unseen=self._names.unseen or listing.unseen, listing=listing)

    def shelves(self, survey: Survey) -> tuple[Shelf, ...]:
        """Return the shelves of each queue, then the keys of all jobs for those that are over."""
        ended = survey.listing.fill(_ALL_JOBS) if survey.listing else _ALL_JOBS
        return (*(_shelf(role, name) for role in _ROLES for name in survey.queues), ended)

    def id_of(self, entry: Entry) -> str:
        """Return the queue with the key: two queues may have a job of the same key."""
        return text_of(entry.member.removeprefix(_JOBS))

    def places(self, job_id: str, shelves: Sequence[Shelf], ask: Ask) -> tuple[Entry, ...]:
        """Look for the name of a job's key in its queue, and for the key itself."""
        stored = _JOBS + job_id.encode("utf-8", "surrogatepass")
        near = [one for one in shelves if one.queue is not None and job_id.startswith(f"{one.queue}:")]
        found = entries_of([(one, stored) for one in near], ask)
        (is_there,) = ask([("EXISTS", stored)])
        return (*found, Entry(_ALL_JOBS, stored)) if is_there else found

    def loads(self, entry: Entry) -> list[Command]:
        """Read the job."""
        return [("GET", entry.member)]

    def read(self, entry: Entry, loaded: Sequence[Any], moment: KeysMoment) -> Job | None:
        """Return the job of an entry.

        A name whose job is gone is shown by itself; a job that has left this place is none.
        """
        raw, role = loaded[0], entry.shelf.role
        said, problem = _read_message(raw)
        told = said or {}
        attempts, is_later, is_over = number_of(told.get("attempts")), role == "incomplete", role == "ended"
        state = State.RETRYING if is_later and attempts else entry.shelf.states[0]
        if is_over:
            state = _ENDED.get(str(told.get("status")), State.PENDING)
        if (is_over and state is State.PENDING) or (is_later and float(entry.score or 0) <= 0):
            return None
        ref = JobRef(moment.backend, self.id_of(entry), make_rev(entry, raw))
        queue = Untrusted(entry.shelf.queue or str(told.get("queue") or ""))
        if said is None:
            return Job(ref, Untrusted("?"), queue, state, Untrusted(""), remarks=(_GONE if raw is None else problem,))
        is_run = state is State.PROCESSING
        due = at_of(entry.score) if is_later else first_time(said, "touched", "scheduled", "queued")
        job = Job(ref, Untrusted(str(said.get("function") or "?")), queue, state, Untrusted(""))
        return replace(
            tell(job, said, moment.summaries),
            scheduled_at=None if is_run or is_over else due,
            lease_until=_held_until(said, entry, moment) if is_run else None,
            remarks=tuple(_remarks(said, entry, moment)),
        )

    def _retry(self, seen: Seen, moment: KeysMoment) -> KeysChange | str:
        """Put a job at the end of its queue as SAQ's own retry does, as if it had never run."""
        return _ENDING if _is_ending(seen, moment) else _enqueue(seen, moment, ())

    def _release(self, seen: Seen, moment: KeysMoment) -> KeysChange | str:
        """Put a run back whose time is over, or that has none and whose worker is gone."""
        left = (take_away(seen.entry), ("DEL", _abort_key(seen)))
        return _enqueue(seen, moment, left) if _is_over(seen, moment) else _RUNS_ON

    def _cancel(self, seen: Seen, moment: KeysMoment) -> KeysChange | str:
        """End a job as SAQ's own abort does; a run is ended by its worker, or here once its time is over."""
        said, job, after = object_of(seen.loaded[0]), seen.entry.member, Entry(_ALL_JOBS, seen.entry.member)
        if said is None:
            return _UNWRITABLE
        said["error"] = "aborted by an operator"
        if seen.job.state is State.PROCESSING and not _is_over(seen, moment):
            if not (said.get("worker_id") and _is_live(said, seen.entry, moment)):
                return _DEAD
            card = _key(_queue(seen), b"worker_info:" + str(said["worker_id"]).encode())
            asked = json.dumps(said | {"status": "aborting"})
            told = ("SET", job, asked), ("SETEX", _abort_key(seen), 5, said["error"])
            guards = (*_guards(seen), Guard(("EXISTS", card), ("1",)))
            return KeysChange(guards, told, _leave(seen), kept=(job,), after=after, note=_TOLD)
        said |= {"status": "aborted", "completed": moment.now_ms}
        ttl_s = number_of(said.get("ttl"), TTL_S)
        if ttl_s < 0:
            return self._delete(seen, moment)
        put: Command = ("SET", job, json.dumps(said), *(("EX", ttl_s) if ttl_s else ()))
        return KeysChange(_guards(seen), (put,), _leave(seen), kept=(job,), after=after)

    def _delete(self, seen: Seen, moment: KeysMoment) -> KeysChange | str:
        if _is_ending(seen, moment):
            return _ENDING
        job = seen.entry.member
        return KeysChange(_guards(seen), removes=(*_leave(seen), ("DEL", job)), kept=(job,))


def _enqueue(seen: Seen, moment: KeysMoment, removes: tuple[Command, ...]) -> KeysChange | str:
    said, job = object_of(seen.loaded[0]), seen.entry.member
    if said is None:
        return _UNWRITABLE
    kept = {name: value for name, value in said.items() if name not in _OF_RUNS}
    message = json.dumps(kept | {"status": "queued", "touched": moment.now_ms})
    queued, incomplete = _shelf("queued", _queue(seen)), _shelf("incomplete", _queue(seen))
    puts = ("SET", job, message), ("ZADD", incomplete.key, 0, job), ("RPUSH", queued.key, job)
    note = RUNS_TWICE if removes else ""
    guards = (*_guards(seen), is_of_kind(queued), is_of_kind(incomplete))
    return KeysChange(guards, puts, removes, kept=(job,), after=Entry(queued, job), note=note)


def _key(queue: bytes, end: bytes) -> bytes:
    return b"saq:%b:%b" % (queue, end)


def _queue_of(key: bytes) -> bytes | None:
    named = None if key.startswith(_JOBS) and b":" in key.removeprefix(_JOBS) else _OF_QUEUE.fullmatch(key)
    return None if named is None else named[1]


def _shelf(role: str, queue: bytes) -> Shelf:
    kind, above = (Kind.SORTED, 0) if role == "incomplete" else (Kind.LIST, None)
    return Shelf(role, _key(queue, role.encode()), kind, _ROLES[role], text_of(queue), above=above)


def _queue(seen: Seen) -> bytes:
    """Return the queue's exact name: of a job that is over only the job itself tells it."""
    shelf = seen.entry.shelf
    if shelf.queue is None:
        return seen.job.queue.raw.encode("utf-8", "surrogatepass")
    return shelf.key.removeprefix(b"saq:").removesuffix(b":" + shelf.role.encode())


def _abort_key(seen: Seen) -> bytes:
    return b"saq:abort:" + seen.entry.member.removeprefix(_JOBS + _queue(seen) + b":")


def _guards(seen: Seen) -> tuple[Guard, ...]:
    """Return the guards that a job is as it was read, and stands where it was seen.

    A job that is over stands in no list.
    """
    job = seen.entry.member
    nowhere = scores(_key(_queue(seen), b"incomplete"), job, None)
    return (nowhere if seen.entry.shelf.role == "ended" else stands(seen.entry), holds(job, seen.loaded[0]))


def _leave(seen: Seen) -> tuple[Command, ...]:
    """Return the steps that take a job out of its queue, wherever in it it stands."""
    name, job = _queue(seen), seen.entry.member
    lists = (("LREM", _key(name, end), 0, job) for end in (b"queued", b"active"))
    return (*lists, ("ZREM", _key(name, b"incomplete"), job))


def _read_message(raw: bytes | None) -> tuple[dict[str, Any] | None, str]:
    """Return what is stored of a job, its status as a plain word, or why it cannot be read."""
    said, problem = read_object(MESSAGE, "its job", raw)
    if said is not None and isinstance(said.get("status"), dict):
        said["status"] = next(iter(said["status"].get("args") or ()), None)
    return said, problem


def _is_live(said: Mapping[str, Any], entry: Entry, moment: KeysMoment) -> bool:
    """Tell whether the worker of a run is registered.

    Where the run does not name its worker, any worker of its queue counts.
    """
    live = moment.survey.workers
    if said.get("status") in _BEGUN and said.get("worker_id"):
        return any(one.id.raw == said["worker_id"] for one in live)
    return any(one.listens_to(entry.shelf.queue or "") for one in live)


def _held_until(said: Mapping[str, Any], entry: Entry, moment: KeysMoment) -> datetime | None:
    """Return until when SAQ's sweep leaves a run alone, None where that is its next round."""
    if said.get("status") not in _BEGUN:
        return None if _is_live(said, entry, moment) else first_time(said, "touched", "queued")
    return held_until(said)


def _is_over(seen: Seen, moment: KeysMoment) -> bool:
    """Tell whether a run is over its time, or has none and its worker is gone."""
    held, said = seen.job.lease_until, _read_message(seen.loaded[0])[0] or {}
    return held < moment.now if held else not _is_live(said, seen.entry, moment)


def _is_ending(seen: Seen, moment: KeysMoment) -> bool:
    """Tell whether a live worker was told to abort a run and has not yet done so."""
    said = object_of(seen.loaded[0]) or {}
    return said.get("status") == "aborting" and _is_live(said, seen.entry, moment)


def _remarks(said: Mapping[str, Any], entry: Entry, moment: KeysMoment) -> Iterator[str]:
    status, is_run = said.get("status"), entry.shelf.role == "active"
    if status == "aborting":
        yield _ABORTING
    elif is_run and status not in _BEGUN:
        yield _TAKEN
    elif is_run and not _is_live(said, entry, moment):
        yield _LOST if _held_until(said, entry, moment) else _LOST_FOR_EVER
    elif entry.shelf.role == "incomplete" and said.get("error"):
        yield TRIED_AGAIN
    if text_of(entry.member).startswith(f"saq:job:{said.get('queue')}:cron:"):
        yield RECURS


def _read_worker(key: bytes, until: bytes, card: bytes | None, busy: Mapping[str, int]) -> WorkerInfo | None:
    """Return a worker.

    The time of its last beat assumes SAQ's usual interval between beats.
    """
    said, end = object_of(card), at_of(until)
    if said is None or end is None:
        return None
    name, stats = text_of(key).rpartition(":worker_info:")[2], said.get("stats")
    up_ms = number_of(stats.get("uptime")) if isinstance(stats, dict) else 0
    return WorkerInfo(
        Untrusted(name), Untrusted(""), None, Untrusted(""), (Untrusted(str(said.get("queue_key", ""))),), slots=None,
        busy=busy[name], started_at=end - _BEATS_LAST - timedelta(milliseconds=up_ms), beat_at=end - _BEATS_LAST,
        registration_ends=True,
    )  # fmt: skip


_GONE = "its job is gone: it was deleted, and a worker that takes its name drops it"
_UNWRITABLE = "its job is gone or not stored as JSON, so it cannot be written again here; see to it in the application"
_RUNS_ON = "its worker still has time: it is released once SAQ itself would take its run for dead"
_DEAD = "no registered worker says that it runs it, so nobody would end it; cancel it once its time is over"
_TOLD = "its worker was told to end it, and does so within about a second"
_ENDING = "its worker was told to abort it and is registered still; try again in some seconds"
_ABORTING = "it is to be aborted: where its worker has died meanwhile nobody ends it, so delete or retry it"
_TAKEN = "it was taken and not begun: if that lasts, its worker has died, and the next sweep takes it back"
_LOST = "its worker is not registered any more: SAQ's sweep sees to it once its time is over"
_LOST_FOR_EVER = "its worker is not registered any more, and without timeout and heartbeat SAQ leaves it so for ever"
_REASONS = usual_reasons("SAQ", workers="SAQ's registrations of workers expire by themselves")


def find(server: RedisServer, url: str, options: BackendOptions) -> tuple[Found, ...]:
    """Return SAQ's queues if the server's database holds them."""
    return find_product(server, url, Saq(server.key_list, options.settings), options)
