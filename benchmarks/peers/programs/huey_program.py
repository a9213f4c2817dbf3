"""Huey on Redis or SQLite, with its command-line consumer."""

from __future__ import annotations

import sys

from huey import RedisHuey, SqliteHuey
from program import URL, Enqueuing, answer, stamp

SQLITE = "sqlite:///"

# SQLite's own default, synchronous=FULL, holds unless Huey is told otherwise; only a fill that nobody measures goes without.
FSYNC = False if sys.argv[1:2] == ["fill"] else None
huey = SqliteHuey(filename=URL.removeprefix(SQLITE), fsync=FSYNC) if URL.startswith(SQLITE) else RedisHuey(url=URL)


@huey.task()
def noop(_sku: str) -> None:
    """Append a stamp."""
    stamp()


def one_by_one(count: int) -> None:
    """Enqueue each job by itself; there is no call for many."""
    for _ in range(count):
        noop("A-1042")


def main() -> None:
    """Answer one command."""
    answer(Enqueuing(one_by_one))
