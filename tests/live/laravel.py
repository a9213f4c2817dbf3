"""Laravel as Debian has it: its queue in Redis, by phpredis, and in a database."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from queuetui.backends.address_options import take_beside
from queuetui.model.urls import BESIDE
from tests.live.debian import find_root, list_environment, unpack_packages
from tests.live.product import PROGRAMS, LiveProduct, run

_PACKAGES = (
    "php-cli",
    *(f"php-illuminate-{one}" for one in ("queue", "redis", "database", "bus", "events")),
    "php-sqlite3",
)
_DRIVERS = {"redis": "php-redis", "pgsql": "php-pgsql", "mysql": "php-mysql"}
_PRIORITY = re.compile(r"priority=(\d+)")
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
        unpack_packages(room, *_PACKAGES, _DRIVERS[self.driver])
        _enable_extensions(room)

    def address(self, room: Path, url: str) -> str:
        return f"{url}?{BESIDE}=sqlite:///{room / _FAILED}" if self.driver == "redis" else url

    def enqueue(self, room: Path, url: str, work: Path) -> None:
        (room / _FAILED).touch()
        run(self._command("enqueue", room, url, work), room)

    def worker(self, room: Path, url: str) -> Sequence[str | Path]:
        return self._command("work", room, url, room)

    def _command(self, deed: str, room: Path, url: str, work: Path) -> list[str | Path]:
        place = json.dumps(_place(take_beside(url)[0]))
        arguments = (PROGRAMS / "laravel_queue.php", deed, self.driver, place, room / _FAILED, work)
        return [*_php(room), *arguments]


def _php(room: Path) -> list[str]:
    """Return PHP's command, which finds the installed extensions and files, and those that were unpacked."""
    root = find_root(room)
    program = next((str(one) for one in root.glob("usr/bin/php[0-9]*")), "php")
    settings = (*list_environment(room), f"PHP_INI_SCAN_DIR=:{_extensions(room)}")
    return ["env", *settings, program, f"-dinclude_path={root / 'usr/share/php'}:/usr/share/php"]


def _extensions(room: Path) -> Path:
    return room / "extensions"


def _enable_extensions(room: Path) -> None:
    """Write the settings of the unpacked extensions, in their order, as Debian's installation does."""
    root = find_root(room)
    _extensions(room).mkdir()
    for settings in (*root.glob("usr/share/php*/*/*.ini"), *root.glob("etc/php/*/mods-available/*.ini")):
        text = settings.read_text()
        priority = _PRIORITY.search(text)
        (library,) = root.glob(f"usr/lib/php/*/{settings.stem}.so")
        named = text.replace(f"={settings.stem}.so", f"={library}")
        (_extensions(room) / f"{priority[1] if priority else 20}-{settings.name}").write_text(named)


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
