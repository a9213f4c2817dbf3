"""Tells the sink of the jobs that schedules make: who takes a slot is their client."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import uuid4

from queuetui.backends.native.redis.schedules import RedisSchedules
from queuetui.backends.native.sql.worker.schedules import SqlSchedules
from queuetui.model.schedule import Taken, Taking
from tests.acceptance.campaign.handlers import open_sink
from tests.acceptance.campaign.wrapping import replace
from tests.acceptance.checker.events import digest_of


def witness_slots() -> None:
    """Write an enqueue for each job that a slot is to make, and what became of it."""
    for owner in (SqlSchedules, RedisSchedules):
        _witness(owner, vars(owner)["take_slots"])


def _witness(owner: type, whole: Callable[..., Taken | None]) -> None:
    def take_slots(this: Any, name: str, rev: int, due_at: datetime, taking: Taking) -> Taken | None:
        sink, call = open_sink(), uuid4().hex
        about = [(slot, digest_of(slot.job.payload)) for slot in taking.slots]
        for slot, digest in about:
            sink.write("enqueue", phase="invoke", call=call, job_id=slot.job.id, digest=digest, queue=slot.job.queue)
        taken = whole(this, name, rev, due_at, taking)
        made = set() if taken is None else {one.id for one in taken.jobs if one.created}
        for slot, digest in about:
            phase = "ok" if slot.job.id in made else "fail"
            sink.write("enqueue", phase=phase, call=call, job_id=slot.job.id, digest=digest, queue=slot.job.queue)
            if slot.job.id in made:
                sink.write("slot", key=f"{name} {slot.at.isoformat()}", job_id=slot.job.id)
        return taken

    replace(owner, "take_slots", take_slots)
