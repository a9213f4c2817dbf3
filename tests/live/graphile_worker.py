"""graphile-worker in the version that it is described for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests.live.product import PROGRAMS, LiveProduct, make_node_room, run

_PROGRAM = PROGRAMS / "graphile_worker_jobs.cjs"


class LiveGraphileWorker(LiveProduct):
    """graphile-worker on PostgreSQL; what is done is deleted."""

    name = "graphile-worker 0.17.3"
    kind = "graphile-worker"
    server = "postgres_server"
    stuck_after_s = 4 * 3600 + 60

    def install(self, room: Path) -> None:
        make_node_room(room, "graphile-worker@0.17.3")

    def enqueue(self, room: Path, url: str, work: Path) -> None:
        run(["node", _PROGRAM, room, url, "enqueue", work], room)

    def worker(self, room: Path, url: str) -> Sequence[str | Path]:
        return ["node", _PROGRAM, room, url, "work"]


PRODUCTS = (LiveGraphileWorker(),)
