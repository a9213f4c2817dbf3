"""Tells the sink which worker a process is, from within it."""

from __future__ import annotations

from typing import Any

from queuetui.backends.native.redis.store import RedisJobStore
from queuetui.backends.native.sql.store import SqlJobStore
from queuetui.model.worker import WorkerCard
from tests.acceptance.campaign.handlers import open_sink
from tests.acceptance.campaign.wrapping import replace


def witness_registrations() -> None:
    """Write an event whenever a worker registers."""
    for owner in (SqlJobStore, RedisJobStore):
        _witness(owner)


def _witness(owner: type) -> None:
    whole = vars(owner)["register"]

    def register(this: Any, worker: WorkerCard) -> None:
        open_sink().write("registered", worker=worker.id, pid=worker.pid)
        whole(this, worker)

    replace(owner, "register", register)
