"""Oban for Python in the version that it is described for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests.live.product import PROGRAMS, LiveProduct, make_python_room, run


class LiveOban(LiveProduct):
    """Oban for Python on PostgreSQL."""

    name = "oban 0.7.0"
    kind = "oban"
    server = "postgres_server"
    stuck_after_s = 90

    def install(self, room: Path) -> None:
        make_python_room(room, "oban==0.7.0", "psycopg[binary]<4", minor=12)

    def enqueue(self, room: Path, url: str, work: Path) -> None:
        run([room / "venv/bin/oban", "install", "--dsn", url], room)
        run([room / "venv/bin/python", PROGRAMS / "oban_app.py", url, work], room)

    def worker(self, room: Path, url: str) -> Sequence[str | Path]:
        program = room / "venv/bin/oban"
        return ["env", f"PYTHONPATH={PROGRAMS}", program, "start", "--dsn", url, "--queues", "live:2"]


PRODUCTS = (LiveOban(),)
