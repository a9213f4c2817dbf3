"""Executes acts on our queue on Redis: one script compares, sets and records."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from queuetui.backends.native.act_rules import JOB_VERBS
from queuetui.backends.native.event_rules import SWITCHED_ALREADY
from queuetui.backends.native.odd_values import UNREADABLE, read_moment
from queuetui.backends.native.redis.ids import NO_ID, from_stored, to_stored
from queuetui.backends.native.redis.jobs import WHOLE, read_fields, to_error
from queuetui.backends.native.redis.notes import note_for
from queuetui.backends.native.redis.records import Body, Record, read_body, read_record
from queuetui.backends.native.redis.server import Server, Value
from queuetui.backends.native.redis.step import span_us
from queuetui.backends.native.retention import Retention
from queuetui.backends.native.texts import storable
from queuetui.backends.reading.refusals import PAUSED_ALREADY
from queuetui.model.act import QUEUE_VERBS, Act, JobRef, Outcome, Result, Target, Verb
from queuetui.model.clock import from_us, to_text
from queuetui.model.errors import Unsupported
from queuetui.model.limits import Limits
from queuetui.model.state import State

if TYPE_CHECKING:
    Reply = Sequence[Any]

BATCH_JOBS = 100
_TIMES = ("due", "created", "updated", "claimed", "started", "done", "cancel")


class RedisOperator:
    """The Operator of the backend."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._key_kept_us = span_us(Retention.from_settings(server.options.settings).keys_s)

    def apply(self, act: Act, targets: Sequence[Target], limits: Limits) -> tuple[Result, ...]:
        """Apply the act to each target, a batch of them in one script.

        An act that was done before under its id gives the same answer.
        """
        if act.verb not in JOB_VERBS:
            raise Unsupported(f"{act.verb.value} is not done to jobs; it is about queues or workers")
        results: list[Result] = []
        for start in range(0, len(targets), BATCH_JOBS):
            results += self._batch(act, [target.ref for target in targets[start : start + BATCH_JOBS]])
        return tuple(results)

    def _batch(self, act: Act, refs: Sequence[JobRef]) -> list[Result]:
        stored_ids = [to_stored(ref.id) for ref in refs]
        found = self._server.read("reading what is to be changed", "read_jobs", WHOLE, *stored_ids)
        kept = self._read_attempts(stored_ids) if act.verb is Verb.DELETE else [()] * len(refs)
        values: list[Value] = [self._key_kept_us, act.id, act.verb.value, *_said(act)]
        for ref, stored_id, job, attempts in zip(refs, stored_ids, found, kept, strict=True):
            values += [stored_id, ref.rev, "" if job is None else _describe_before(job, ref, attempts)]
        replies = self._server.write(f"doing {act.verb.value}", "apply", *values)
        return [_to_result(ref, reply) for ref, reply in zip(refs, replies, strict=True)]

    def _read_attempts(self, stored_ids: Sequence[str]) -> list[Reply]:
        doing = "reading what is to be changed"
        return [() if one == NO_ID else self._server.read(doing, "read_attempts", one) for one in stored_ids]

    def apply_to_queue(self, act: Act, queue: str) -> Result:
        """Pause or resume a queue, or switch its events."""
        if act.verb not in QUEUE_VERBS:
            raise Unsupported(f"{act.verb.value} is not done to queues; they are paused and resumed")
        ref = JobRef(self._server.name, queue, "")
        doing = f"doing {act.verb.value}"
        if act.verb in SWITCHED_ALREADY:
            return self._switch_events(act, ref)
        row, paused_by = self._server.write(doing, "set_paused", act.id, act.verb.value, *_said(act), queue)
        outcome, since, *_ = row.decode().split("|")
        if Outcome(outcome) is not Outcome.DONE:
            return Result(ref, Outcome.SKIPPED, note=PAUSED_ALREADY[act.verb])
        by = None if paused_by is None else paused_by.decode("utf-8", "replace")
        before = {"paused_at": to_text(from_us(int(since))) if since else None, "paused_by": by}
        return Result(ref, Outcome.DONE, before=json.dumps(before))

    def _switch_events(self, act: Act, ref: JobRef) -> Result:
        row, _ = self._server.write(
            f"doing {act.verb.value}", "switch_events", act.id, act.verb.value, *_said(act), ref.id
        )
        if not row.startswith(Outcome.DONE.value.encode()):
            return Result(ref, Outcome.SKIPPED, note=SWITCHED_ALREADY[act.verb])
        return Result(ref, Outcome.DONE, before=json.dumps({"events": act.verb is Verb.EVENTS_OFF}))

    def clean_workers(self, act: Act, silent_s: float) -> int:
        """Delete the registrations of workers that have been silent for longer than the limit."""
        said = (storable(act.actor), storable(act.reason))
        return int(self._server.write("cleaning workers", "clean_workers", act.id, *said, span_us(silent_s)))


def _said(act: Act) -> tuple[str, str, str]:
    return storable(act.actor), storable(act.reason), storable(act.filter)


def _to_result(ref: JobRef, reply: Reply) -> Result:
    row, before = reply
    outcome, state, word, rev = row.decode().split("|")
    state_now = State(state) if state else None
    note = note_for(word, state_now)
    is_done = Outcome(outcome) is Outcome.DONE
    return Result(ref, Outcome(outcome), state_now, note, before.decode() if is_done else None, rev or None)


def _describe_before(job: Reply, ref: JobRef, attempts: Reply) -> str:
    """Return JSON from which a job can be restored, an empty text for a job that has changed.

    Times are texts, bytes are base64.
    """
    stored_id, packed, texts, payload, _, _ = job
    try:
        record = read_record(packed)
        body = read_body(record.body)
    except UNREADABLE:
        return ""
    if str(record.rev) != ref.rev:
        return ""
    class_name, message, traceback, long_result, _ = texts or (None,) * 5
    error = to_error(class_name, message, traceback)
    before: dict[str, Any] = {
        "job": _describe_fields(record, body, from_stored(stored_id)),
        "error": None if error is None else [error.class_name.raw, error.message.raw, error.traceback.raw],
        "result": _to_base64(long_result or record.result or None),
        "payload": _to_base64(payload),
        "attempts": read_fields(attempts),
    }
    return json.dumps(before)


def _describe_fields(record: Record, body: Body, job_id: str) -> dict[str, Any]:
    counts = {name: getattr(record, name) for name in ("rev", "fence", "attempts", "lost", "alone", "max_attempts")}
    times = {name: getattr(record, name) for name in _TIMES}
    return {
        "state": record.state.value if isinstance(record.state, State) else record.state,
        "queue": body.queue,
        "type": body.type,
        "priority": int(record.priority),
        **counts,
        **{name: to_text(read_moment(us)) for name, us in times.items() if us},
        **{name: value.decode("utf-8", "replace") for name in ("lease", "worker") if (value := getattr(record, name))},
        **({"key": body.key} if record.keyed else {}),
        "corr": job_id if body.own_correlation else body.correlation,
        **body.head,
    }


def _to_base64(value: bytes | None) -> str | None:
    return None if value is None else base64.b64encode(value).decode("ascii")
