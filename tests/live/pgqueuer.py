"""PgQueuer in the version that it is described for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests.live.product import PROGRAMS, LiveProduct, make_python_room, run


class LivePgQueuer(LiveProduct):
    """PgQueuer on PostgreSQL."""

    name = "pgqueuer 1.6.0"
    kind = "pgqueuer"
    server = "postgres_server"
    stuck_after_s = 60

    def install(self, room: Path) -> None:
        make_python_room(room, "pgqueuer==1.6.0", "psycopg[binary]<4")

    def enqueue(self, room: Path, url: str, work: Path) -> None:
        program: list[str | Path] = ["env", f"PGDSN={url}", room / "venv/bin/pgq"]
        run([*program, "install"], room)
        for name in ("fail", "slow"):
            run([*program, "queue", name, str(work)], room)

    def worker(self, room: Path, url: str) -> Sequence[str | Path]:
        return [room / "venv/bin/python", PROGRAMS / "pgqueuer_app.py", url]


PRODUCTS = (LivePgQueuer(),)
