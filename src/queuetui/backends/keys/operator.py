"""Changes jobs one at a time, by a script whose guards find the job as it was seen, or end it."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from queuetui.backends.keys.changes import KeysChange, Rule
from queuetui.backends.keys.entry_reader import KeysReading
from queuetui.backends.keys.guarded import RunChange, run_change
from queuetui.backends.keys.lookup import entries_of, find_whole, locate
from queuetui.backends.keys.product import KeysProduct
from queuetui.backends.keys.seen import KeysMoment, Seen
from queuetui.backends.keys.shelf import Command, Entry, Kind
from queuetui.backends.reading.refusals import (
    GONE,
    MOVED_ON,
    NOT_TRIED,
    PAUSED_ALREADY,
    refuse_verb,
    states_by_verb,
    why_unfit,
)
from queuetui.backends.redis.server import RedisServer
from queuetui.model.act import Act, JobRef, Outcome, Result, Target, Verb
from queuetui.model.errors import NotFound, QueueTuiError, UnknownOutcome, Unreachable
from queuetui.model.limits import Limits
from queuetui.model.text import sanitize


class KeysOperator:
    """What a person may change in a product's keys."""

    def __init__(self, server: RedisServer, product: KeysProduct, run: RunChange | None = None) -> None:
        self._server = server
        self._product = product
        self._run = run or partial(run_change, server)

    def apply(self, act: Act, targets: Sequence[Target], limits: Limits) -> tuple[Result, ...]:
        """Do a verb to each target; raises Unsupported for one that the product does not have."""
        if act.verb not in self._product.capabilities.applies:
            raise refuse_verb(self._product.capabilities, act.verb, "jobs")
        reading = KeysReading(self._server, self._product, limits)
        places = locate(reading, [target.ref for target in targets])
        seen = {one.entry: one for one in reading.load(list(places.values()))}
        results: list[Result] = []
        is_lost = False
        for ref in (target.ref for target in targets):
            if is_lost:
                results.append(Result(ref, Outcome.FAILED, note=NOT_TRIED))
                continue
            entry = places.get(ref)
            try:
                results.append(self._apply_one(act, ref, None if entry is None else seen.get(entry), reading))
            except QueueTuiError as error:
                is_lost = isinstance(error, UnknownOutcome | Unreachable)
                outcome = Outcome.UNKNOWN if isinstance(error, UnknownOutcome) else Outcome.FAILED
                results.append(Result(ref, outcome, note=str(error)))
        return tuple(results)

    def apply_to_queue(self, act: Act, queue: str) -> Result:
        """Pause or resume a queue; raises Unsupported where the product stores no pause, and NotFound."""
        product, ref = self._product, JobRef(self._server.name, queue, "")
        if act.verb not in product.capabilities.manages:
            raise refuse_verb(product.capabilities, act.verb, "queues")
        reading = KeysReading(self._server, product, self._server.options.limits)
        name = queue.encode("utf-8", "surrogatepass")
        if name not in reading.survey.queues:
            raise NotFound(f"there is no queue {sanitize(queue, 60)!r} in {product.capabilities.label}'s keys")
        if reading.survey.is_paused(queue) == (act.verb is Verb.PAUSE):
            return Result(ref, Outcome.SKIPPED, note=PAUSED_ALREADY[act.verb])
        built = product.switch(act.verb, name, reading.survey, reading.ask)
        if isinstance(built, str):
            return Result(ref, Outcome.SKIPPED, note=built)
        if why := self._run(f"trying to {act.verb.value} a queue", built):
            return Result(ref, Outcome.SKIPPED, note=why)
        return Result(ref, Outcome.DONE, note=built.note, before=json.dumps({"paused": act.verb is Verb.RESUME}))

    def clean_workers(self, act: Act, silent_s: float) -> int:
        """Clean no workers: products do that themselves; raises Unsupported."""
        raise refuse_verb(self._product.capabilities, act.verb, "workers")

    def _apply_one(self, act: Act, ref: JobRef, seen: Seen | None, reading: KeysReading) -> Result:
        if seen is None:
            now, _ = find_whole(reading, ref.id)
            return Result(ref, Outcome.SKIPPED, None if now is None else now.job.state, GONE)
        if seen.job.ref != ref:
            return Result(ref, Outcome.SKIPPED, seen.job.state, MOVED_ON)
        built = _build(self._product.rules, act, seen, replace(reading.moment, args=act.args))
        if isinstance(built, str):
            return Result(ref, Outcome.SKIPPED, seen.job.state, built)
        before = self._read_before(seen, built)
        run = partial(self._run, f"trying to {act.verb.value} a job", built)
        within = built.within
        why, stands = (run(), None) if within is None else ("", within(lambda: not run()))
        if why or (within is not None and stands is None):
            return Result(ref, Outcome.SKIPPED, seen.job.state, why or MOVED_ON)
        stands = stands or (None, None)
        if built.after is not None and self._product.listed is not None:
            self._product.listed.add(built.after.member)
        if built.after is not None and (after := _find_after(built.after, reading)) is not None:
            stands = after.job.state, after.job.ref.rev
        return Result(ref, Outcome.DONE, stands[0], built.note, before, stands[1])

    def _read_before(self, seen: Seen, change: KeysChange) -> str:
        """Return the entry and the keys that go or change, as the server itself would put them back."""
        entry, count = seen.entry, len(change.kept)
        asked: list[Command] = [(word, key) for word in ("DUMP", "PTTL") for key in change.kept]
        asked += [("HGET", key, name) for key, name in change.kept_fields]
        answers = self._server.ask_all("reading a job before it is changed", asked)
        keys = {
            key.decode("latin-1"): {"dump": _in_base64(dump), "ttl_ms": int(ttl_ms)}
            for key, dump, ttl_ms in zip(change.kept, answers[:count], answers[count : 2 * count], strict=True)
            if dump is not None
        }
        stood = {
            "key": entry.shelf.key.decode("latin-1"),
            "kind": entry.shelf.kind.value,
            "member": _in_base64(entry.member),
            "score": None if entry.score is None else entry.score.decode("ascii"),
            "rank": entry.rank,
        }
        fields = [
            [key.decode("latin-1"), name.decode("latin-1"), _in_base64(value or b"")]
            for (key, name), value in zip(change.kept_fields, answers[2 * count :], strict=True)
        ]
        return json.dumps({"entry": stood, "keys": keys, "fields": fields})


def _in_base64(stored: bytes) -> str:
    return base64.b64encode(stored).decode("ascii")


def _find_after(entry: Entry, reading: KeysReading) -> Seen | None:
    """Return the job where it now stands, with the score as stored, None where a worker was quicker."""
    is_sorted = entry.shelf.kind is Kind.SORTED
    there = entries_of([(entry.shelf, entry.member)], reading.ask) if is_sorted else (entry,)
    return next(reading.load(there), None)


def _build(rules: Sequence[Rule], act: Act, seen: Seen, moment: KeysMoment) -> KeysChange | str:
    state = seen.job.state
    for rule in rules:
        if rule.verb is act.verb and state in rule.states:
            return rule.build(seen, moment)
    return why_unfit(act.verb, state, states_by_verb(rules).get(act.verb, frozenset()))
