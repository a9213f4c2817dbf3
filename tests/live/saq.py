"""SAQ in the version that it is described for, on Redis and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests.live.product import PROGRAMS, LiveProduct, make_python_room, run


class LiveSaq(LiveProduct):
    """SAQ with its queue on Redis."""

    name = "saq 0.26.4"
    kind = "saq"
    server = "redis_server"
    # A run that is released at that time is due then.
    stuck_after_s = 40
    drivers: tuple[str, ...] = ()

    def install(self, room: Path) -> None:
        make_python_room(room, "saq==0.26.4", "redis<9", "typing_extensions<5", *self.drivers)

    def enqueue(self, room: Path, url: str, work: Path) -> None:
        run(["env", f"QUEUE_URL={url}", room / "venv/bin/python", PROGRAMS / "saq_app.py", work], room)

    def worker(self, room: Path, url: str) -> Sequence[str | Path]:
        settings = (f"QUEUE_URL={url}", f"PYTHONPATH={PROGRAMS}")
        return ["env", *settings, room / "venv/bin/saq", "saq_app.settings"]


class LiveSaqOnPostgres(LiveSaq):
    """SAQ with its queue on PostgreSQL."""

    name = "saq 0.26.4 on postgresql"
    kind = "saq-pg"
    server = "postgres_server"
    drivers = ("psycopg[binary]", "psycopg-pool")


PRODUCTS = (LiveSaq(), LiveSaqOnPostgres())
