"""The names of a database's keys, read once for all products that keep no register of queues."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

# So many take about a millisecond of the server's time.
BATCH_KEYS = 5_000
_MOST_KEYS = 100_000
_MOST_S = 0.5
END = b"0"


@dataclass(frozen=True, slots=True)
class KeyList:
    """The names that were read, and the cursor to go on from: END where these are all."""

    names: tuple[bytes, ...] = ()
    cursor: bytes = END


def list_keys(ask: Callable[..., Any]) -> KeyList:
    """Return the names of a database's first keys, which are all of most databases."""
    found: dict[bytes, None] = {}
    cursor, begun_s = END, time.monotonic()
    while True:
        cursor, names = ask("looking through the names of its keys", "SCAN", cursor, "COUNT", BATCH_KEYS)
        found |= dict.fromkeys(names)
        if cursor == END or len(found) >= _MOST_KEYS or time.monotonic() - begun_s > _MOST_S:
            return KeyList(tuple(found), cursor)
