"""Sidekiq 6 to 8: whole messages stand in lists and sorted sets.

What runs stands in a hash of each process.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from queuetui.backends.base import BackendOptions
from queuetui.backends.foreign.sidekiq.gems import RecurringJobs
from queuetui.backends.found import Found
from queuetui.backends.keys.backend import find_products
from queuetui.backends.keys.changes import KeysChange, Rule, is_of_kind, stands, take_away
from queuetui.backends.keys.lookup import make_rev
from queuetui.backends.keys.product import KeysProduct
from queuetui.backends.keys.scanned_keys import prefixes_of
from queuetui.backends.keys.seen import KeysMoment, Seen, unread_job
from queuetui.backends.keys.shelf import Ask, Command, Entry, Kind, Shelf
from queuetui.backends.keys.survey import Survey
from queuetui.backends.payloads.active_job import read_active_job
from queuetui.backends.payloads.containers import BASE64, ZLIB
from queuetui.backends.payloads.decoder import JSON, Decoder
from queuetui.backends.payloads.stored_values import at_of, list_of, object_of, text_of, to_json, whole_of, write_json
from queuetui.backends.reading.refusals import states_by_verb
from queuetui.backends.reading.usual_lacks import lacking, usual_reasons
from queuetui.backends.redis.key_list import KeyList
from queuetui.backends.redis.server import RedisServer
from queuetui.model.act import JobRef, Verb
from queuetui.model.capabilities import Capabilities, Liveness
from queuetui.model.job import Job, JobError
from queuetui.model.payload import summarise_json
from queuetui.model.schedule import KeptSchedule
from queuetui.model.state import WAITING, State
from queuetui.model.text import Untrusted
from queuetui.model.worker import WorkerInfo

_BEATS_LAST = timedelta(seconds=60)
_DEFAULT_RETRIES = 25
_MILLISECONDS_FROM = 1e11
_PROCESS_FIELDS = ("info", "busy", "beat", "quiet", "rss")
_BACKTRACE = Decoder((BASE64, ZLIB), (JSON,))
_KEPT = WAITING | {State.PROCESSING, State.FAILED}
_SETS = (("schedule", State.SCHEDULED, False), ("retry", State.RETRYING, False), ("dead", State.FAILED, True))
_FIRST_OF = {b"list": "LRANGE", b"zset": "ZRANGE"}
_REGISTERS = (b"queues", b"processes", b"stat:processed")
_ODD_NUMBER = (
    "its message holds a number that JSON cannot carry, so it cannot be written again; retry it in Sidekiq's own pages"
)


class Sidekiq(KeysProduct):
    """The description of Sidekiq; `namespace` is what redis-namespace puts before every key, up to 6."""

    absent: Mapping[str, str] = lacking("Sidekiq", "key", "correlation_id") | {
        "priority": "Sidekiq's jobs have no priority: processes take queues by weights of their own",
        "lost": "Sidekiq does not count lost runs: a job that its process loses is gone",
    }

    def __init__(self, namespace: str, keys: KeyList) -> None:
        self.prefix = f"{namespace}:".encode() if namespace else b""
        self._recurring = RecurringJobs(self.prefix, keys)
        self.home = f"the keys {text_of(self.prefix)}queues and {text_of(self.prefix)}processes"
        self.rules = (
            Rule(Verb.RETRY, frozenset({State.FAILED, State.RETRYING, State.SCHEDULED}), self._enqueue),
            Rule(Verb.CANCEL, frozenset({State.RETRYING}), self._kill),
            Rule(Verb.DELETE, WAITING | {State.FAILED}, self._delete),
        )
        self.capabilities = Capabilities(
            "sidekiq", "Sidekiq", native=False, applies=states_by_verb(self.rules), keeps=_KEPT, reasons=_REASONS,
            liveness=Liveness.HEARTBEAT, workers=True, warnings=_WARNINGS,
            worker_command=("bundle", "exec", "sidekiq", "-q", "{queue}"),
        )  # fmt: skip

    def recognise(self, ask: Ask) -> str:
        """Tell Sidekiq by its set of queues with one of their lists, or by its processes or counters."""
        names, processes, counter = ask(
            [("TYPE", self._key(b"queues")), ("TYPE", self._key(b"processes")), ("TYPE", self._key(b"stat:processed"))]
        )
        if names == b"set" and (processes, counter) == (b"none", b"none"):
            (some,) = ask([("SRANDMEMBER", self._key(b"queues"), 10)])
            if b"list" not in ask([("TYPE", self._key(b"queue:", name)) for name in some]):
                return ""
        elif processes != b"set" and counter != b"string":
            return ""
        if self.prefix and processes != b"set" and not self._has_messages(ask):
            return ""
        self.capabilities = replace(self.capabilities, schedules=self._recurring.are_kept(ask))
        return f"its {self.home.removeprefix('the ')}"

    def _has_messages(self, ask: Ask) -> bool:
        """Tell Sidekiq from Resque, which has the same queues and counters in a namespace, by a jid."""
        (names,) = ask([("SRANDMEMBER", self._key(b"queues"), 10)])
        lists = [self._key(b"queue:", name) for name in names]
        sets = [self._key(role.encode()) for role, *_ in _SETS]
        kinds = ask([("TYPE", key) for key in (*lists, *sets)])
        places = [(key, kind) for key, kind in zip((*lists, *sets), kinds, strict=True) if kind in _FIRST_OF]
        some = [one for found in ask([(_FIRST_OF[kind], key, 0, 0) for key, kind in places]) for one in found]
        return any("jid" in (object_of(one) or {}) for one in some)

    def schedules(self, survey: Survey, ask: Ask) -> list[KeptSchedule]:
        """Return what gems beside it are to enqueue again and again."""
        return self._recurring.read(ask)

    def survey(self, ask: Ask) -> Survey:
        """Read which queues and processes are registered; a process whose hash has expired is gone."""
        names, processes = ask([("SMEMBERS", self._key(b"queues")), ("SMEMBERS", self._key(b"processes"))])
        known = tuple(sorted(processes))
        cards = ask([("HMGET", self._key(one), *_PROCESS_FIELDS) for one in known])
        ends = ask([("PTTL", self._key(one)) for one in known])
        found = [_read_process(*one) for one in zip(known, cards, ends, strict=True)]
        return Survey(tuple(sorted(names)), tuple(one for one in found if one is not None), known)

    def shelves(self, survey: Survey) -> tuple[Shelf, ...]:
        """Return the sets of later jobs, the queues, what each process works on, and the dead."""
        later, retry, dead = (
            Shelf(role, self._key(role.encode()), Kind.SORTED, (state,), falls=falls) for role, state, falls in _SETS
        )
        queues = (self._queue(name) for name in survey.queues)
        works = (
            Shelf("work", self._key(one, end), Kind.HASH, (State.PROCESSING,))
            for one in survey.processes
            for end in (b":workers", b":work")
        )
        return (later, retry, *queues, *works, dead)

    def id_of(self, entry: Entry) -> str:
        """Return the jid within a message."""
        message = object_of(_message_of(entry))
        return "" if message is None else str(message.get("jid", ""))

    def loads(self, entry: Entry) -> list[Command]:
        """Read of a job that runs when its process beat last."""
        return [("HGET", entry.shelf.key.rpartition(b":")[0], "beat")] if entry.shelf.role == "work" else []

    def read(self, entry: Entry, loaded: Sequence[Any], moment: KeysMoment) -> Job:
        """Return the job of a message; one that cannot be read is shown as it is stored."""
        raw = _message_of(entry)
        said = object_of(raw)
        rev, state = make_rev(entry), entry.shelf.states[0]
        if said is None or not isinstance(said.get("jid"), str):
            ref = JobRef(moment.backend, entry.mark[1:], rev)
            return unread_job(ref, entry.shelf, state, _UNREADABLE, shown=text_of(raw))
        run = object_of(entry.value) or {} if entry.value is not None else {}
        is_run = state is State.PROCESSING
        job_type = str(said.get("wrapped") or said.get("class") or "?")
        payload, data = ("", None) if moment.brief else _read_arguments(job_type, said, moment)
        started, earlier, allowed = at_of(run.get("run_at")), _count_earlier(said), _allowed(said)
        attempts = earlier + _count_failures(said) + int(is_run)
        # Whatever was retried by a person when no try was left, Sidekiq runs once more.
        least = attempts + int(state in WAITING)
        return Job(
            JobRef(moment.backend, said["jid"], rev),
            Untrusted(job_type),
            Untrusted(entry.shelf.queue or str(run.get("queue") or said.get("queue") or "")),
            state,
            Untrusted(payload),
            data=data,
            attempts=attempts,
            max_attempts=None if allowed is None else max(earlier + allowed, least),
            error=None if moment.brief else _read_error(said),
            worker=Untrusted(_process_of(entry, self.prefix)) if is_run else None,
            tags=tuple(Untrusted(str(tag)) for tag in said["tags"]) if isinstance(said.get("tags"), list) else (),
            created_at=at_of(said.get("created_at")),
            scheduled_at=at_of(said.get("enqueued_at")) if entry.score is None or state is State.FAILED else at_of(entry.score),
            started_at=started,
            completed_at=at_of(entry.score) if state is State.FAILED else None,
            lease_until=_lease(started, loaded[0]) if is_run else None,
            remarks=(*((_LOST_SOON,) if is_run else ()), *((_ENCRYPTED,) if said.get("encrypt") else ())),
        )  # fmt: skip

    def _enqueue(self, seen: Seen, moment: KeysMoment) -> KeysChange | str:
        """Put a message into its queue as Sidekiq's own pages do: a job that failed counts one failure less."""
        said = object_of(seen.entry.member)
        if said is None or not isinstance(said.get("queue"), str) or "jid" not in said:
            return _UNREADABLE
        if seen.job.state is not State.SCHEDULED and isinstance(said.get("retry_count"), int):
            said["retry_count"] -= 1
        now_s = moment.now.timestamp()
        created = said.get("created_at")
        in_ms = isinstance(created, int | float) and abs(created) > _MILLISECONDS_FROM
        said["enqueued_at"] = round(now_s * 1_000) if in_ms else now_s
        message = write_json(said, in_ascii=False)
        if message is None:
            return _ODD_NUMBER
        name = said["queue"].encode()
        queue = self._queue(name)
        return KeysChange(
            (stands(seen.entry), is_of_kind(queue)),
            (("SADD", self._key(b"queues"), name), ("LPUSH", queue.key, message)),
            (take_away(seen.entry),),
            after=Entry(queue, message),
        )

    def _kill(self, seen: Seen, moment: KeysMoment) -> KeysChange | str:
        """Put a message among the dead, as Sidekiq's own pages do.

        Sidekiq trims the dead when it adds one itself.
        """
        dead = Shelf("dead", self._key(b"dead"), Kind.SORTED, (State.FAILED,), falls=True)
        now_s = repr(moment.now.timestamp())
        return KeysChange(
            (stands(seen.entry), is_of_kind(dead)),
            (("ZADD", dead.key, now_s, seen.entry.member),),
            (take_away(seen.entry),),
            after=Entry(dead, seen.entry.member),
            note="it is among the dead now, where it can be retried",
        )

    def _delete(self, seen: Seen, moment: KeysMoment) -> KeysChange | str:
        return KeysChange((stands(seen.entry),), removes=(take_away(seen.entry),))

    def _key(self, *parts: bytes) -> bytes:
        return self.prefix + b"".join(parts)

    def _queue(self, name: bytes) -> Shelf:
        return Shelf("queue", self._key(b"queue:", name), Kind.LIST, (State.PENDING,), text_of(name), falls=True)


def _message_of(entry: Entry) -> bytes:
    """Return the message; a run holds it as text up to 7, as an object in some later versions."""
    if entry.value is None:
        return entry.member
    payload = (object_of(entry.value) or {}).get("payload")
    return (payload if isinstance(payload, str) else to_json(payload)).encode("utf-8", "replace")


def _read_arguments(job_type: str, said: Mapping[str, Any], moment: KeysMoment) -> tuple[str, Untrusted | None]:
    """Return the arguments and what they are about.

    Those of a Rails job are the arguments that ActiveJob was called with.
    """
    payload, args = to_json(said.get("args")), said.get("args")
    inner = args[0] if said.get("wrapped") and isinstance(args, list) and args else None
    rails = read_active_job(job_type, to_json(inner), moment.summaries) if inner is not None else None
    if rails is not None:
        return rails.payload, rails.data
    return payload, summarise_json(job_type, payload, moment.summaries)


def _count_failures(said: Mapping[str, Any]) -> int:
    """Return how many runs failed; a retry by a person counts one less."""
    counted = said.get("retry_count")
    return max(counted + 1, int("failed_at" in said)) if isinstance(counted, int) else 0


def _count_earlier(said: Mapping[str, Any]) -> int:
    """Return how many runs of a Rails job ended under other jids, which its own `retry_on` gives it."""
    args = said.get("args") if said.get("wrapped") else None
    inner = args[0] if isinstance(args, list) and args and isinstance(args[0], dict) else {}
    counted = inner.get("executions")
    return counted if isinstance(counted, int) and counted > 0 else 0


def _lease(started: datetime | None, beat: bytes | None) -> datetime | None:
    """Return until when the process of a run counts as live; one without a hash works no more."""
    beat_at = at_of(beat)
    return started if beat_at is None else beat_at + _BEATS_LAST


def _allowed(said: Mapping[str, Any]) -> int | None:
    """Return how many runs a message has: its `retry` is a number, true for the default of 25, or false.

    None where not their number is limited, but their time.
    """
    retry = said.get("retry")
    if said.get("retry_for"):
        return None
    if isinstance(retry, bool):
        return 1 + (_DEFAULT_RETRIES if retry else 0)
    return retry + 1 if isinstance(retry, int) else None


def _read_error(said: Mapping[str, Any]) -> JobError | None:
    if not said.get("error_class"):
        return None
    lines = said.get("error_backtrace")
    if isinstance(lines, str):
        lines = list_of(_BACKTRACE.decode(lines.encode("utf-8", "replace")).text)
    trace = "\n".join(map(str, lines)) if isinstance(lines, list) else ""
    return JobError(
        Untrusted(str(said["error_class"])), Untrusted(str(said.get("error_message") or "")), Untrusted(trace)
    )


def _process_of(entry: Entry, prefix: bytes) -> str:
    return text_of(entry.shelf.key.removeprefix(prefix).rpartition(b":")[0])


def _read_process(identity: bytes, card: Sequence[bytes | None], ends_ms: int) -> WorkerInfo | None:
    info, busy, beat, quiet, rss = card
    said, beat_at = object_of(info or b""), at_of(beat)
    if said is None or beat_at is None:
        return None
    return WorkerInfo(
        Untrusted(text_of(identity)),
        Untrusted(str(said.get("hostname", ""))),
        int(said["pid"]) if isinstance(said.get("pid"), int) else None,
        Untrusted(str(said.get("version", ""))),
        _queues_of(said),
        slots=int(said["concurrency"]) if isinstance(said.get("concurrency"), int) else None,
        busy=whole_of(busy),
        started_at=at_of(said.get("started_at")) or beat_at,
        beat_at=beat_at,
        rss_bytes=whole_of(rss) * 1024 or None,
        stopping=quiet == b"true",
        registration_ends=ends_ms > 0,
    )


def _queues_of(said: Mapping[str, Any]) -> tuple[Untrusted, ...]:
    """Return what a process takes from: by its capsules, as it tells since 8.0.8, else its own list."""
    capsules = said.get("capsules")
    parts = (
        [one.get("weights") for one in capsules.values() if isinstance(one, dict)] if isinstance(capsules, dict) else []
    )
    names = [name for part in parts if isinstance(part, dict) for name in part] or said.get("queues")
    return tuple(Untrusted(str(name)) for name in dict.fromkeys(map(str, names if isinstance(names, list) else ())))


_UNREADABLE = "its message cannot be read: it is no JSON object with a jid"
_ENCRYPTED = "its last argument is encrypted, and shown as it is stored"
_LOST_SOON = "plain Sidekiq keeps a job that runs only here: if its process is killed, it is lost a minute later"
_REASONS = {
    **usual_reasons(
        "Sidekiq", pauses="only Sidekiq Pro can pause a queue; quiet its processes in its own pages",
        schedules="Sidekiq's recurring jobs belong to other gems: change them in their pages, or in the application",
        workers="Sidekiq's processes clean up after dead ones by themselves",
    ),
    Verb.RELEASE: "plain Sidekiq has no way back for a job that was taken: its process holds the only copy",
}  # fmt: skip
_WARNINGS = {
    Verb.CANCEL: "cancel = kill: the job goes to Sidekiq's dead set, is not tried again by itself, and can be retried from there",
    Verb.DELETE: "Sidekiq keeps no copy of a deleted job",
}


def find(server: RedisServer, url: str, options: BackendOptions) -> tuple[Found, ...]:
    """Return Sidekiq's queues, one a namespace of keys, or those of the namespace that a person names."""
    named = options.settings.get("sidekiq.namespace")
    keys = server.key_list
    found = ["", *(one.removesuffix(":") for one in prefixes_of(_REGISTERS, keys.names) if one[-1:] == ":")]
    names = found if named is None else [named]
    return find_products(server, url, {name or "default": Sidekiq(name, keys) for name in names}, options)
