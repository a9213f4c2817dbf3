"""Workers and operators that kill themselves at a named point, and what it takes to bring them there."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from queuetui import Queue
from queuetui.backends.base import BackendOptions
from queuetui.backends.registry import NATIVE, open_native
from queuetui.model.act import Act, Outcome, Verb
from tests.acceptance.campaign.crew import Member
from tests.acceptance.campaign.handlers import TYPE
from tests.acceptance.campaign.operator import ACTOR, cancel, parked
from tests.acceptance.campaign.ordeal import Ordeal
from tests.acceptance.checker.events import digest_of
from tests.waiting import wait_until

REACHED_WITHIN_S = 30
PARKED_JOBS = 5
# Points that come by once, or seldom.
RARE = frozenset({"mid_cron_slot", "mid_shutdown_release", "mid_sweep"})
SWEPT_TRIES, SWEPT_AFTER_LEASES = 8, 1.6
BUSY_WITHIN_S = 20


def crash_at(point: str) -> Callable[[Ordeal], None]:
    """Return the fault of a process that dies at a point."""
    if point == "mid_operator_action":
        return crash_operator

    def crash(ordeal: Ordeal) -> None:
        # A child is made with the first claim already there; the next ones come under load.
        nth = 2 if "child" in point and ordeal.case.isolation == "process" else ordeal.chance.choice((1, 1, 2, 3))
        # It takes the place of another: with fewer workers there is more for it to do.
        others = ordeal.crew.alive()
        if len(others) >= ordeal.case.workers:
            ordeal.crew.kill(ordeal.chance.choice(others))
            ordeal.done["kill_worker"] += 1
        options = ["--grace", "0.05"] if point == "mid_shutdown_release" else []
        member = ordeal.crew.start(*options, crash_at=f"{point}:{1 if point in RARE else nth}")
        if options:
            _ask_to_stop(ordeal, member)
        if point == "mid_sweep":
            _give_to_sweep(ordeal, member)
        _await_crash(ordeal, point, member)

    return crash


def _ask_to_stop(ordeal: Ordeal, member: Member) -> None:
    ordeal.crew.await_registration(member)
    ordeal.rest(0.5)
    member.process.send_signal(signal.SIGTERM)


def _give_to_sweep(ordeal: Ordeal, member: Member) -> None:
    """Kill others in the middle of a run until it is this one that sweeps what they held."""
    ordeal.crew.await_registration(member)

    def busy_others() -> list[Member]:
        return [one for one in ordeal.crew.alive() if one is not member and ordeal.runs_now(one)]

    for _ in range(SWEPT_TRIES):
        if member.dead.is_set():
            return
        ordeal.mend()
        ordeal.crew.kill(ordeal.chance.choice(wait_until(busy_others, BUSY_WITHIN_S)))
        ordeal.done["kill_worker"] += 1
        member.dead.wait(SWEPT_AFTER_LEASES * ordeal.case.lease_s)


def _await_crash(ordeal: Ordeal, point: str, member: Member) -> None:
    if not member.dead.wait(REACHED_WITHIN_S):
        ordeal.problems.append(f"{point} was not reached within {REACHED_WITHIN_S} s")
        ordeal.crew.kill(member)
        return
    if member.process.returncode != -signal.SIGKILL:
        ordeal.problems.append(f"{point}: it ended with {member.process.returncode}: {ordeal.crew.tail(member)}")
        return
    ordeal.done[point] += 1


def crash_operator(ordeal: Ordeal) -> None:
    """Kill an operator within an act on several jobs, then let him ask again: each job is cancelled once."""
    queue, act_id, sink = f"parked-{uuid4().hex[:8]}", uuid4().hex, ordeal.crew.sink
    backend = open_native(ordeal.stage.direct_url, BackendOptions(kind=NATIVE))
    try:
        backend.operator.apply_to_queue(Act(Verb.PAUSE, ACTOR), queue)
        jobs = [Queue.new(TYPE, {"number": 0, "fails": 0, "ms": 0}, queue=queue) for _ in range(PARKED_JOBS)]
        for phase in ("invoke", "ok"):
            for one in jobs:
                about: dict[str, Any] = {"job_id": one.id, "digest": digest_of(one.payload), "queue": queue}
                sink.write("enqueue", phase=phase, call=act_id, **about, outcome="created" if phase == "ok" else "")
            if phase == "invoke":
                backend.jobs.enqueue(jobs)
        refs = parked(backend, queue)
        for ref in refs:
            sink.write("act", phase="invoke", verb="cancel", call=act_id, job_id=ref.id, queue=queue, before="pending")
        words = ["tests.acceptance.campaign.operator", ordeal.stage.url, act_id, queue]
        _await_crash(ordeal, "mid_operator_action", ordeal.crew.spawn(words, crash_at="mid_operator_action:1"))
        for result in cancel(backend, act_id, refs):
            act: dict[str, Any] = {
                "verb": "cancel",
                "call": act_id,
                "job_id": result.ref.id,
                "queue": queue,
                "before": "pending",
            }
            sink.write("act", phase="ok", outcome=result.outcome.value, after="cancelled", **act)
            if result.outcome is not Outcome.DONE:
                ordeal.problems.append(f"asked again, the act says {result.outcome} ({result.note}) of {result.ref.id}")
    finally:
        backend.close()
