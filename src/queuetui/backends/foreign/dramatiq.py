"""Dramatiq 2 on Redis: message ids stand in a list per queue and a set per worker.

The messages are in hashes beside them.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from queuetui.backends.base import BackendOptions
from queuetui.backends.found import Found
from queuetui.backends.keys.backend import find_products
from queuetui.backends.keys.changes import Guard, KeysChange, Rule, is_of_kind, says, scores, stands, take_away
from queuetui.backends.keys.lookup import make_rev
from queuetui.backends.keys.product import KeysProduct
from queuetui.backends.keys.scanned_keys import QueueNames, escape_glob, names_in
from queuetui.backends.keys.seen import KeysMoment, Seen, unread_job
from queuetui.backends.keys.shelf import Ask, Command, Entry, Kind, Shelf
from queuetui.backends.keys.survey import Survey
from queuetui.backends.payloads.decoder import JSON, Decoder
from queuetui.backends.payloads.pickle_reader import PICKLE
from queuetui.backends.payloads.python_call import summarise_call
from queuetui.backends.payloads.python_traceback import read_traceback
from queuetui.backends.payloads.stored_values import at_of, object_of, read_object, text_of, write_json
from queuetui.backends.reading.refusals import ODD_GOAL, RUNS_TWICE, states_by_verb
from queuetui.backends.reading.usual_lacks import lacking, usual_reasons
from queuetui.backends.redis.key_list import KeyList
from queuetui.backends.redis.server import RedisServer
from queuetui.model.act import JobRef, Verb
from queuetui.model.capabilities import Capabilities, Liveness
from queuetui.model.job import Job, JobError
from queuetui.model.state import State
from queuetui.model.text import Untrusted
from queuetui.model.worker import WorkerInfo

_BEATS = b":__heartbeats__"
_BEATS_LAST = timedelta(seconds=60)
_QUEUE = re.compile(rb"[a-zA-Z_][a-zA-Z0-9._-]*")
# One set a worker, a queue and its delay queue: no more of them are read at a look.
_MOST_SETS = 10_000
_MOST_BROKERS = 1_000
# What Dramatiq itself keeps in a message of its runs so far.
_OF_RUNS = ("retries", "traceback", "requeue_timestamp", "eta")
_read_message = partial(read_object, Decoder((), (JSON, PICKLE)), "its message")
_LATER = (State.SCHEDULED, State.RETRYING)
# In the order in which jobs travel, each with what its place is called behind the queue.
_ROLES = (
    ("delayed", Kind.LIST, _LATER, b".DQ"),
    ("held", Kind.SET, _LATER, b".DQ"),
    ("queue", Kind.LIST, (State.PENDING, State.RETRYING), b""),
    ("run", Kind.SET, (State.PROCESSING,), b""),
    ("dead", Kind.SORTED, (State.FAILED,), b".XQ"),
)


class Dramatiq(KeysProduct):
    """The description of Dramatiq; `namespace` begins every key, `results` those of its results."""

    absent: Mapping[str, str] = lacking("Dramatiq", "key", "correlation_id", "lost", "tag", jobs="messages") | {
        "priority": "Dramatiq's priorities are set in the application's code, not in messages",
        **dict.fromkeys(("started", "running"), "Dramatiq does not store when a run began"),
    }

    def __init__(self, namespace: str, keys: KeyList, settings: Mapping[str, str]) -> None:
        self.prefix = f"{namespace}:".encode()
        self.results = settings.get("dramatiq.results", "dramatiq-results")
        self.home = f"the sorted set {namespace}{text_of(_BEATS)}"
        named = names_in(settings, "dramatiq.queues")
        self._names = QueueNames(keys, escape_glob(self.prefix) + b"*.msgs", self._queue_of, named)
        self.rules = (
            Rule(Verb.RETRY, frozenset({State.FAILED, *_LATER}), self._retry),
            Rule(Verb.RELEASE, frozenset({State.PROCESSING}), self._release),
            Rule(Verb.DELETE, frozenset({State.PENDING, State.FAILED, *_LATER}), self._delete),
        )
        self.capabilities = Capabilities(
            "dramatiq", "Dramatiq", native=False, applies=states_by_verb(self.rules), keeps=_KEPT, reasons=_REASONS,
            liveness=Liveness.HEARTBEAT, workers=True, warnings=_WARNINGS,
            worker_command=("dramatiq", "MODULE", "--queues", "{queue}"),
        )  # fmt: skip

    def recognise(self, ask: Ask) -> str:
        """Tell Dramatiq by the beats of its brokers, or by what its queues hold."""
        (kind,) = ask([("TYPE", self._beats)])
        if kind == b"zset":
            return f"the beats of its brokers in {text_of(self._beats)}"
        ends = (b".msgs", b".DQ.msgs", b".XQ.msgs")
        kinds = ask([("TYPE", self._key(name + end)) for name in self._names.read(ask) for end in ends])
        return f"its messages in {text_of(self.prefix)}*.msgs" if b"hash" in kinds else ""

    def survey(self, ask: Ask) -> Survey:
        """Read which brokers beat, and how many messages each has taken.

        Workers beat, and so do programs that enqueue.
        """
        queues = self._names.read(ask)
        (beats,) = ask([("ZRANGE", self._beats, 0, _MOST_BROKERS, "WITHSCORES")])
        beat_at = dict(zip(beats[::2], map(at_of, beats[1::2]), strict=True))
        most = min(_MOST_BROKERS, _MOST_SETS // max(1, 2 * len(queues)))
        brokers = tuple(beat_at)[:most]
        sizes = iter(ask([("SCARD", self._taken(one, name)) for one in brokers for name in queues]))
        taken = {one: sum(next(sizes) for _ in queues) for one in brokers}
        latest = max(filter(None, beat_at.values()), default=None)
        cards = (_read_broker(one, beat_at[one], taken[one], latest) for one in brokers)
        clipped = f"only the {most:,} brokers that have been silent longest are asked for what they took"
        unseen = clipped if len(beat_at) > most else self._names.unseen
        return Survey(queues, tuple(filter(None, cards)), brokers, unseen=unseen)

    def shelves(self, survey: Survey) -> tuple[Shelf, ...]:
        """Return the shelves in the order in which messages travel."""
        return tuple(
            Shelf(role, key, kind, states, text_of(name), falls=role == "dead")
            for role, kind, states, end in _ROLES
            for name in survey.queues
            for key in self._keys_of(kind, name + end, survey.processes)
        )

    def id_of(self, entry: Entry) -> None:
        """Tell that a member is an id of one try; the message names the job's own."""

    def loads(self, entry: Entry) -> list[Command]:
        """Read the message, and when the broker that has taken it has beaten."""
        message: Command = ("HGET", self._messages(entry), entry.member)
        broker = self._broker(entry)
        return [message, ("ZSCORE", self._beats, broker)] if broker else [message]

    def follows(self, entry: Entry, loaded: Sequence[Any]) -> list[Command]:
        """Read the result of what has failed, whose key is made of what the message says."""
        said = _read_message(loaded[0])[0] if entry.shelf.role == "dead" else None
        if said is None:
            return []
        parts = (self.results, entry.shelf.queue, said.get("actor_name"), said.get("message_id"))
        name = ":".join(map(str, parts)).encode("utf-8", "replace")
        return [("LINDEX", key, 0) for key in (hashlib.md5(name, usedforsecurity=False).hexdigest(), name)]

    def read(self, entry: Entry, loaded: Sequence[Any], moment: KeysMoment) -> Job | None:
        """Return the job; one whose message is gone is shown by the id that is left."""
        raw, role, beat = loaded[0], entry.shelf.role, self._beat(entry, loaded)
        said, problem = _read_message(raw)
        options = _object(said, "options")
        retries = options["retries"] if isinstance(options.get("retries"), int) else 0
        state = State.RETRYING if retries > 0 and State.RETRYING in entry.shelf.states else entry.shelf.states[0]
        job_id = str((said or {}).get("message_id") or text_of(entry.member))
        ref = JobRef(moment.backend, job_id, make_rev(entry, raw))
        if said is None:
            return unread_job(ref, entry.shelf, state, _GONE if raw is None else problem)
        call, payload = str(said.get("actor_name")), _shown(said, options)
        error, lacking = _read_error(options, loaded[1:], state)
        broker = text_of(self._broker(entry))
        due_at = at_of(options.get("eta" if role in ("delayed", "held") else "requeue_timestamp"))
        return Job(
            ref, Untrusted(call), Untrusted(entry.shelf.queue or ""), state, Untrusted(payload),
            data=summarise_call(call, payload, moment.summaries),
            attempts=retries + (state in (State.PROCESSING, State.FAILED)),
            max_attempts=options["max_retries"] + 1 if isinstance(options.get("max_retries"), int) else None,
            error=error,
            worker=Untrusted(broker) if broker else None,
            created_at=at_of(said.get("message_timestamp")),
            scheduled_at=None if state in (State.FAILED, State.PROCESSING) else due_at,
            completed_at=at_of(entry.score) if state is State.FAILED else None,
            lease_until=beat + _BEATS_LAST if state is State.PROCESSING and beat else None,
            remarks=tuple(filter(None, (lacking, _REMARKS.get(role)))),
        )  # fmt: skip

    def _retry(self, seen: Seen, moment: KeysMoment) -> KeysChange | str:
        """Put a message into its queue as if it had never run.

        A message that a live worker holds in memory would run twice.
        """
        entry, raw = seen.entry, seen.loaded[0]
        if entry.shelf.role == "queue":
            return "it waits in its queue already, where the next worker takes it"
        if entry.shelf.role == "held" and not self._is_dead(seen, moment):
            return _HELD
        said = object_of(raw)
        if said is None or not isinstance(said.get("options"), dict):
            return _GONE if raw is None else _UNWRITABLE
        for name in _OF_RUNS:
            said["options"].pop(name, None)
        said["options"]["requeue_timestamp"] = round(moment.now.timestamp() * 1_000)
        said["queue_name"] = entry.shelf.queue
        message = write_json(said)
        return _UNWRITABLE if message is None else self._move(seen, message)

    def _release(self, seen: Seen, moment: KeysMoment) -> KeysChange | str:
        """Put what a dead worker had taken back into its queue, as Dramatiq's own maintenance does."""
        if not self._is_dead(seen, moment):
            return "its worker beats: it is released once its worker has been silent for a minute"
        return self._move(seen, None, RUNS_TWICE) if seen.loaded[0] else _GONE

    def _delete(self, seen: Seen, moment: KeysMoment) -> KeysChange | str:
        if seen.entry.shelf.role == "held" and not self._is_dead(seen, moment):
            return _HELD
        messages = self._messages(seen.entry)
        gone = (take_away(seen.entry), ("HDEL", messages, seen.entry.member))
        return KeysChange(self._guards(seen), removes=gone, kept_fields=((messages, seen.entry.member),))

    def _move(self, seen: Seen, message: bytes | None, note: str = "") -> KeysChange:
        """Put an id at the end of its queue, with a message where that is another one than before."""
        entry, messages = seen.entry, self._messages(seen.entry)
        key = self._key(_bare(self._place(entry)))
        queue = Shelf("queue", key, Kind.LIST, (State.PENDING, State.RETRYING), entry.shelf.queue)
        new, old = ("HSET", key + b".msgs", entry.member, message or b""), ("HDEL", messages, entry.member)
        return KeysChange(
            (*self._guards(seen), is_of_kind(queue), Guard(("TYPE", key + b".msgs"), ("hash", "none"), ODD_GOAL)),
            (*([new] if message else []), ("RPUSH", key, entry.member)),
            (take_away(entry), *([old] if message else [])),
            kept_fields=((messages, entry.member),),
            after=Entry(queue, entry.member),
            note=note,
        )

    def _guards(self, seen: Seen) -> tuple[Guard, ...]:
        """Return the guards of a change: the message is as it was seen, and its worker is still silent."""
        entry = seen.entry
        broker = self._broker(entry)
        silent = (scores(self._beats, broker, seen.loaded[1]),) if broker else ()
        return (stands(entry), says(self._messages(entry), entry.member, seen.loaded[0]), *silent)

    def _is_dead(self, seen: Seen, moment: KeysMoment) -> bool:
        beat = self._beat(seen.entry, seen.loaded)
        return beat is None or beat + _BEATS_LAST < moment.now

    def _beat(self, entry: Entry, loaded: Sequence[Any]) -> datetime | None:
        return at_of(loaded[1]) if self._broker(entry) else None

    @property
    def _beats(self) -> bytes:
        return self.prefix[:-1] + _BEATS

    def _key(self, place: bytes) -> bytes:
        return self.prefix + place

    def _keys_of(self, kind: Kind, place: bytes, brokers: Sequence[bytes]) -> list[bytes]:
        return [self._taken(one, place) for one in brokers] if kind is Kind.SET else [self._key(place)]

    def _taken(self, broker: bytes, place: bytes) -> bytes:
        return self._key(b"__acks__.%b.%b" % (broker, place))

    def _broker(self, entry: Entry) -> bytes:
        """Return the broker that has taken an entry, nothing where none has."""
        is_taken = entry.shelf.kind is Kind.SET
        return entry.shelf.key.removeprefix(self._key(b"__acks__.")).partition(b".")[0] if is_taken else b""

    def _place(self, entry: Entry) -> bytes:
        """Return the name of the queue, delay queue or dead letters that an entry is of."""
        place = entry.shelf.key.removeprefix(self.prefix)
        return place.removeprefix(b"__acks__.").partition(b".")[2] if entry.shelf.kind is Kind.SET else place

    def _messages(self, entry: Entry) -> bytes:
        return self._key(self._place(entry) + b".msgs")

    def _queue_of(self, key: bytes) -> bytes | None:
        if not key.startswith(self.prefix) or not key.endswith(b".msgs"):
            return None
        name = _bare(key.removeprefix(self.prefix).removesuffix(b".msgs"))
        return name if _QUEUE.fullmatch(name) else None


def _bare(place: bytes) -> bytes:
    return place.removesuffix(b".DQ").removesuffix(b".XQ")


def _object(said: Mapping[str, Any] | None, name: str) -> Mapping[str, Any]:
    found = (said or {}).get(name)
    return found if isinstance(found, dict) else {}


def _shown(said: Mapping[str, Any], options: Mapping[str, Any]) -> str:
    """Return the arguments with the options that a person set."""
    kept = {name: value for name, value in options.items() if name not in (*_OF_RUNS, "redis_message_id")}
    shown = {"args": said.get("args"), "kwargs": said.get("kwargs")} | ({"options": kept} if kept else {})
    return json.dumps(shown, ensure_ascii=False)


def _read_error(options: Mapping[str, Any], results: Sequence[Any], state: State) -> tuple[JobError | None, str]:
    """Return the last error that is stored, with a note for people.

    The error of a dead letter is that of the run before its last.
    """
    trace = options.get("traceback")
    before = read_traceback(trace) if isinstance(trace, str) else None
    if state is not State.FAILED:
        return before, ""
    told = (_object(_read_message(one)[0], "exn") for one in results if one)
    last = next((one for one in told if one.get("type")), None)
    if last is not None:
        traceback = before.traceback if before else Untrusted("")
        error = JobError(Untrusted(str(last["type"])), Untrusted(str(last.get("msg") or "")), traceback)
        return error, _OLD_TRACE if before else _NO_TRACE
    return before, _OLD_ERROR if before else _NO_ERROR


def _read_broker(name: bytes, beat_at: datetime | None, taken: int, latest: datetime | None) -> WorkerInfo | None:
    """Return a broker that has taken messages, or has beaten about as lately as any: others have ended."""
    is_late = beat_at is None or latest is None or beat_at + _BEATS_LAST < latest
    if beat_at is None or (is_late and not taken):
        return None
    return WorkerInfo(
        Untrusted(text_of(name)), Untrusted(""), None, Untrusted(""), (), slots=None, busy=taken, started_at=None,
        beat_at=beat_at, status=Untrusted("has messages" if taken else "idle, or enqueues"), silent_after_s=_BEATS_LAST.total_seconds(),
    )  # fmt: skip


_KEPT = frozenset({State.PENDING, State.PROCESSING, State.FAILED, *_LATER})
_GONE = "its message is gone: a worker that takes its id drops it"
_UNWRITABLE = "its message is no plain JSON, so it cannot be written again here; enqueue it anew in the application"
_HELD = "a live worker holds it in memory until it is due, and would run it too: wait, or stop that worker first"
_OLD_TRACE = "its traceback is of the run before the last: Dramatiq stores none of the last one"
_NO_TRACE = "Dramatiq stores no traceback of the last run"
_NO_ERROR = "Dramatiq stores no error of the last run but in a result, and there is none"
_OLD_ERROR = f"{_NO_ERROR}: this one is of the run before"
_REMARKS = {
    "held": "a worker holds it in its memory until it is due",
    "run": "a worker takes messages ahead: it may not have begun yet",
    "dead": "Dramatiq drops it 7 days after it failed",
}
_REASONS = {
    **usual_reasons(
        "Dramatiq", schedules="Dramatiq's recurring jobs belong to other packages",
        workers="Dramatiq's brokers clean up after dead ones by themselves",
    ),
    Verb.CANCEL: "Dramatiq keeps no cancelled jobs: delete one that waits; to abort a run needs the package dramatiq-abort",
}  # fmt: skip
_WARNINGS = {
    Verb.RETRY: "the job begins anew: its count of retries and its traceback are taken out of its message",
    Verb.DELETE: "Dramatiq keeps no copy of a deleted job",
}


def find(server: RedisServer, url: str, options: BackendOptions) -> tuple[Found, ...]:
    """Return Dramatiq's queues, one a namespace: the one that is set, or each in which brokers beat."""
    keys, named = server.key_list, options.settings.get("dramatiq.namespace")
    beating = {text_of(key.removesuffix(_BEATS)) for key in keys.names if key.endswith(_BEATS)}
    names = [named] if named else sorted({"dramatiq", *beating})
    return find_products(server, url, {name: Dramatiq(name, keys, options.settings) for name in names}, options)
