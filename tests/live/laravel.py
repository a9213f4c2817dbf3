"""Laravel as Debian has it: its queue in Redis, by phpredis, and in a database."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from queuetui.backends.address_options import take_beside
from queuetui.model.urls import BESIDE
from tests.live.product import PROGRAMS, LiveProduct, Missing, run

_FRAMEWORK = Path("/usr/share/php/Illuminate/Queue/autoload.php")
_PACKAGES = "php-cli php-illuminate-queue php-illuminate-redis php-illuminate-database php-illuminate-bus"
_VERSION = "echo PHP_MAJOR_VERSION.'.'.PHP_MINOR_VERSION;"
_EXTENSIONS = {"redis": ("igbinary", "redis"), "pgsql": (), "mysql": ()}
_FAILED = "failed.db"


@dataclass(frozen=True)
class LiveLaravel(LiveProduct):
    """Laravel with one of its stores, which it calls `driver`."""

    driver: str
    server: str
    kind: str
    stuck_after_s = 600

    @property
    def name(self) -> str:
        return f"laravel on {self.driver}"

    def install(self, room: Path) -> None:
        if not _FRAMEWORK.is_file() or shutil.which("php") is None:
            raise Missing(f"Laravel is not installed (Debian: apt-get install {_PACKAGES})")
        wanted = _EXTENSIONS[self.driver]
        if not wanted or "redis" in run(["php", "-m"], room).split():
            return
        version = run(["php", "-r", _VERSION], room)
        run(["apt-get", "download", *(f"php{version}-{one}" for one in wanted)], room)
        for package in room.glob("*.deb"):
            run(["dpkg", "-x", package, room / "php"], room)

    def address(self, room: Path, url: str) -> str:
        return f"{url}?{BESIDE}=sqlite:///{room / _FAILED}" if self.driver == "redis" else url

    def enqueue(self, room: Path, url: str, work: Path) -> None:
        (room / _FAILED).touch()
        run(self._command("enqueue", room, url, work), room)

    def worker(self, room: Path, url: str) -> Sequence[str | Path]:
        return self._command("work", room, url, room)

    def _command(self, deed: str, room: Path, url: str, work: Path) -> list[str | Path]:
        extensions = {path.stem: path for path in room.glob("php/**/*.so")}
        flags = [f"-dextension={extensions[one]}" for one in _EXTENSIONS[self.driver] if one in extensions]
        place = json.dumps(_place(take_beside(url)[0]))
        return ["php", *flags, PROGRAMS / "laravel_queue.php", deed, self.driver, place, room / _FAILED, work]


def _place(url: str) -> dict[str, str | int]:
    """Return a database's address as Laravel's settings have it."""
    parts = urlsplit(url)
    found: dict[str, str | int] = {"host": parts.hostname or "127.0.0.1", "database": parts.path.lstrip("/")}
    named = {"port": parts.port, "username": unquote(parts.username or ""), "password": unquote(parts.password or "")}
    return found | {name: value for name, value in named.items() if value}


PRODUCTS = (
    LiveLaravel("redis", "redis_server", "laravel-redis:live_database_"),
    LiveLaravel("pgsql", "postgres_server", "laravel"),
    LiveLaravel("mysql", "mysql_server", "laravel"),
)
