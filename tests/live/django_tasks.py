"""django-tasks-db in the version that it is described for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests.live.product import PROGRAMS, LiveProduct, make_python_room, run


class LiveDjangoTasks(LiveProduct):
    """Tasks of Django on PostgreSQL."""

    name = "django-tasks-db 0.13.0"
    kind = "django-tasks-db"
    server = "postgres_server"
    # A run is told by its age alone, and jobs that wait are overdue after as long.
    stuck_after_s = 550

    def install(self, room: Path) -> None:
        packages = ("django<6", "django-tasks==0.12.0", "django-tasks-db==0.13.0", "psycopg[binary]<4")
        make_python_room(room, *packages)

    def enqueue(self, room: Path, url: str, work: Path) -> None:
        program = PROGRAMS / "django_app.py"
        run(["env", f"QUEUE_URL={url}", room / "venv/bin/python", program, "enqueue", work], room)

    def worker(self, room: Path, url: str) -> Sequence[str | Path]:
        program = PROGRAMS / "django_app.py"
        return ["env", f"QUEUE_URL={url}", room / "venv/bin/python", program, "db_worker", "--queue-name", "live"]


PRODUCTS = (LiveDjangoTasks(),)
