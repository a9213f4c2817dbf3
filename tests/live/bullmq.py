"""BullMQ on Redis in the two versions that it is described for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import redis

from tests.live.product import PROGRAMS, LiveProduct, make_node_room, run


@dataclass(frozen=True)
class LiveBullmq(LiveProduct):
    """One version of BullMQ."""

    version: str
    kind = "bullmq"
    server = "redis_server"
    stuck_after_s = 0

    @property
    def name(self) -> str:
        return f"bullmq {self.version}"

    def install(self, room: Path) -> None:
        make_node_room(room, f"bullmq@{self.version}", "ioredis@5.11.1")

    def enqueue(self, room: Path, url: str, work: Path) -> None:
        run(["node", PROGRAMS / "bullmq_jobs.cjs", room, url, "enqueue", work], room)

    def worker(self, room: Path, url: str) -> Sequence[str | Path]:
        return ["node", PROGRAMS / "bullmq_jobs.cjs", room, url, "work"]

    def is_given_up(self, url: str) -> bool:
        with redis.Redis.from_url(url) as client:
            return not client.keys("bull:live:*:lock")


PRODUCTS = (LiveBullmq("5.81.5"), LiveBullmq("6.7.0"))
