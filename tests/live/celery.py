"""Celery with its broker and its results in one database of Redis."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests.live.product import PROGRAMS, LiveProduct, make_python_room, run


class LiveCelery(LiveProduct):
    """Celery whose worker acknowledges late: what it was killed in stays held."""

    name = "celery 5.7.0"
    kind = "celery"
    server = "redis_server"
    stuck_after_s = 3_700
    lands = True

    def install(self, room: Path) -> None:
        make_python_room(room, "celery==5.7.0", "kombu==5.7.0", "redis<9", "packaging")

    def enqueue(self, room: Path, url: str, work: Path) -> None:
        for name in ("fail", "slow"):
            run(_command(room, url, "call", f"live.{name}", f'--args=["{work}"]'), room)

    def worker(self, room: Path, url: str) -> Sequence[str | Path]:
        return _command(room, url, "worker", "-Q", "live", "-c", "2", "--without-mingle", "--without-gossip")


def _command(room: Path, url: str, *words: str) -> list[str | Path]:
    settings = (f"BROKER={url}", f"RESULTS={url}", f"PYTHONPATH={PROGRAMS}")
    return ["env", *settings, room / "venv/bin/celery", "-A", "celery_app", *words]


PRODUCTS = (LiveCelery(),)
