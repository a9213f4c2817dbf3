"""pg-boss in the two versions that it is described for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.backends.captures import query
from tests.live.product import PROGRAMS, LiveProduct, make_node_room, run

_PROGRAM = PROGRAMS / "pg_boss_jobs.cjs"
# What a clock of the test's own would write as the time from which a job may run again lies ahead of the worker's.
_RUNS = (
    "select 1 from pgboss.job where name = 'slow' and state = 'active' and started_on > now() - interval '10 seconds'"
)


@dataclass(frozen=True)
class LivePgBoss(LiveProduct):
    """One version of pg-boss."""

    version: str
    kind = "pg-boss"
    server = "postgres_server"
    stuck_after_s = 0

    @property
    def name(self) -> str:
        return f"pg-boss {self.version}"

    def install(self, room: Path) -> None:
        make_node_room(room, f"pg-boss@{self.version}")

    def enqueue(self, room: Path, url: str, work: Path) -> None:
        run(["node", _PROGRAM, room, url, "enqueue", work], room)

    def worker(self, room: Path, url: str) -> Sequence[str | Path]:
        return ["node", _PROGRAM, room, url, "work"]

    def is_given_up(self, url: str) -> bool:
        return not query(url, _RUNS)


PRODUCTS = (LivePgBoss("10.4.2"), LivePgBoss("12.30.0"))
