"""Procrastinate in the version that it is described for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests.live.product import PROGRAMS, LiveProduct, make_python_room, run


class LiveProcrastinate(LiveProduct):
    """Procrastinate on PostgreSQL."""

    name = "procrastinate 3.10.0"
    kind = "procrastinate"
    server = "postgres_server"
    stuck_after_s = 90
    lands = True

    def install(self, room: Path) -> None:
        make_python_room(room, "procrastinate==3.10.0", "psycopg[binary]<4")

    def enqueue(self, room: Path, url: str, work: Path) -> None:
        run(["env", f"QUEUE_URL={url}", room / "venv/bin/python", PROGRAMS / "procrastinate_app.py", work], room)

    def worker(self, room: Path, url: str) -> Sequence[str | Path]:
        settings = (f"QUEUE_URL={url}", f"PYTHONPATH={PROGRAMS}")
        program = room / "venv/bin/procrastinate"
        return ["env", *settings, program, "--app=procrastinate_app.app", "worker", "--concurrency=2", "--queues=live"]


PRODUCTS = (LiveProcrastinate(),)
