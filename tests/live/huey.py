"""Huey in the version that it is described for, on each of its stores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.live.product import PROGRAMS, LiveProduct, make_python_room, run


@dataclass(frozen=True)
class LiveHuey(LiveProduct):
    """Huey by one of its classes; what was taken is nowhere, and lost when its consumer is killed."""

    storage: str
    server: str
    kind = "huey"
    loses_runs = True
    shows_runs = False

    @property
    def name(self) -> str:
        return f"huey 3.5.4 {self.storage}"

    def install(self, room: Path) -> None:
        make_python_room(room, "huey==3.5.4", "redis<9")

    def enqueue(self, room: Path, url: str, work: Path) -> None:
        run(["env", *self._settings(url), room / "venv/bin/python", PROGRAMS / "huey_app.py", work], room)

    def worker(self, room: Path, url: str) -> Sequence[str | Path]:
        settings = (*self._settings(url), f"PYTHONPATH={PROGRAMS}")
        return ["env", *settings, room / "venv/bin/huey_consumer", "huey_app.huey", "--workers", "2"]

    def _settings(self, url: str) -> tuple[str, ...]:
        return f"QUEUE_URL={url}", f"HUEY_CLASS={self.storage}"


PRODUCTS = (
    LiveHuey("RedisHuey", "redis_server"),
    LiveHuey("PriorityRedisHuey", "redis_server"),
    LiveHuey("SqliteHuey", "sqlite_folder"),
)
