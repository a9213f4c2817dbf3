"""Dramatiq in the version that it is described for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests.live.product import PROGRAMS, LiveProduct, make_python_room, run


class LiveDramatiq(LiveProduct):
    """Dramatiq with its broker for Redis."""

    name = "dramatiq 2.2.1"
    kind = "dramatiq"
    server = "redis_server"
    stuck_after_s = 90

    def install(self, room: Path) -> None:
        make_python_room(room, "dramatiq==2.2.1", "redis<9")

    def enqueue(self, room: Path, url: str, work: Path) -> None:
        run(["env", f"QUEUE_URL={url}", room / "venv/bin/python", PROGRAMS / "dramatiq_app.py", work], room)

    def worker(self, room: Path, url: str) -> Sequence[str | Path]:
        settings = (f"QUEUE_URL={url}", f"PYTHONPATH={PROGRAMS}")
        return ["env", *settings, room / "venv/bin/dramatiq", "dramatiq_app", "--processes", "1", "--threads", "2"]


PRODUCTS = (LiveDramatiq(),)
