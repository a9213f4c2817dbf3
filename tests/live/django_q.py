"""django-q2 in the version that it is described for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests.live.product import PROGRAMS, LiveProduct, make_python_room, run


class LiveDjangoQ(LiveProduct):
    """django-q2 with its broker on PostgreSQL."""

    name = "django-q2 1.11.1"
    kind = "django-q2"
    server = "postgres_server"
    stuck_after_s = 90
    loses_failures = True

    def install(self, room: Path) -> None:
        make_python_room(room, "django<6", "django-q2==1.11.1", "psycopg[binary]<4")

    def enqueue(self, room: Path, url: str, work: Path) -> None:
        run([*self._manage(room, url), "enqueue", work], room)

    def worker(self, room: Path, url: str) -> Sequence[str | Path]:
        return [*self._manage(room, url), "qcluster"]

    def _manage(self, room: Path, url: str) -> list[str | Path]:
        settings = (f"QUEUE_URL={url}", "PRODUCT=django-q2", f"PYTHONPATH={PROGRAMS}")
        return ["env", *settings, room / "venv/bin/python", PROGRAMS / "django_app.py"]


PRODUCTS = (LiveDjangoQ(),)
