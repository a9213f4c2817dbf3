"""arq in the version that it is described for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests.live.product import PROGRAMS, LiveProduct, make_python_room, run


class LiveArq(LiveProduct):
    """arq on Redis."""

    name = "arq 0.28.0"
    kind = "arq"
    server = "redis_server"
    # A run is told by its age, and jobs that wait are overdue after ten minutes.
    stuck_after_s = 400

    def install(self, room: Path) -> None:
        make_python_room(room, "arq==0.28.0", "redis<6")

    def enqueue(self, room: Path, url: str, work: Path) -> None:
        run(["env", f"QUEUE_URL={url}", room / "venv/bin/python", PROGRAMS / "arq_app.py", work], room)

    def worker(self, room: Path, url: str) -> Sequence[str | Path]:
        settings = (f"QUEUE_URL={url}", f"PYTHONPATH={PROGRAMS}")
        return ["env", *settings, room / "venv/bin/arq", "arq_app.WorkerSettings"]


PRODUCTS = (LiveArq(),)
