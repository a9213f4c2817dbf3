"""BullMQ in the versions that it is described for, on Redis and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import redis

from tests.live.product import PROGRAMS, LiveProduct, make_node_room, run

_PROGRAM = PROGRAMS / "bullmq_jobs.cjs"


@dataclass(frozen=True)
class LiveBullmq(LiveProduct):
    """One version of BullMQ on Redis."""

    version: str
    kind = "bullmq"
    server = "redis_server"
    driver = "ioredis@5.11.1"
    stuck_after_s = 0

    @property
    def name(self) -> str:
        return f"{self.kind} {self.version}"

    def install(self, room: Path) -> None:
        make_node_room(room, f"bullmq@{self.version}", self.driver)

    def enqueue(self, room: Path, url: str, work: Path) -> None:
        run(["node", _PROGRAM, room, url, "enqueue", work], room)

    def worker(self, room: Path, url: str) -> Sequence[str | Path]:
        return ["node", _PROGRAM, room, url, "work"]

    def is_given_up(self, url: str) -> bool:
        with redis.Redis.from_url(url) as client:
            return not client.keys("bull:live:*:lock")


class LiveBullmqOnPostgres(LiveBullmq):
    """BullMQ on PostgreSQL, where a lock ends at a time that is stored."""

    kind = "bullmq-pg"
    server = "postgres_server"
    driver = "pg@8.16.3"
    stuck_after_s = 10

    def is_given_up(self, url: str) -> bool:
        return True


ON_REDIS = (LiveBullmq("5.81.5"), LiveBullmq("6.7.0"))
PRODUCTS = (*ON_REDIS, LiveBullmqOnPostgres("6.7.0"))
