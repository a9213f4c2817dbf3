"""RQ in the three versions that it is described for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.live.product import PROGRAMS, LiveProduct, make_python_room, run


@dataclass(frozen=True)
class LiveRq(LiveProduct):
    """One version of RQ."""

    version: str
    kind = "rq"
    server = "redis_server"
    stuck_after_s = 600
    lands: bool = False

    @property
    def name(self) -> str:
        return f"rq {self.version}"

    def install(self, room: Path) -> None:
        # Versions of redis-py from 8 on are younger than RQ 1 and 2.
        make_python_room(room, f"rq=={self.version}", "redis" if self.lands else "redis<8")

    def enqueue(self, room: Path, url: str, work: Path) -> None:
        for name in ("fail", "slow"):
            job = f"live_jobs.{name}"
            run([room / "venv/bin/rq", "enqueue", "--url", url, "--path", PROGRAMS, "-q", "live", job, work], room)

    def worker(self, room: Path, url: str) -> Sequence[str | Path]:
        return [room / "venv/bin/rq", "worker", "--url", url, "--path", PROGRAMS, "live"]


PRODUCTS = (LiveRq("1.16.2"), LiveRq("2.12.0"), LiveRq("3.0.0", lands=True))
