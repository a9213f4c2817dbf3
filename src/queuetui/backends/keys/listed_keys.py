"""Keys that are jobs themselves and stand in no list; their names are scanned, a bite a look."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence

from queuetui.backends.forks import ForkLock
from queuetui.backends.keys.product import Ask
from queuetui.backends.keys.shelf import Command, Listing
from queuetui.backends.redis.key_list import BITE_KEYS, END, KeyList

_BETWEEN_BITES_S = 2.0
MOST_LISTED = 100_000
_MEANT_BY_GLOB = re.compile(rb"[\\*?\[\]]")


class ListedKeys:
    """The keys of a prefix, in the order in which they were found; a round that misses one drops it."""

    def __init__(self, first: KeyList, prefix: bytes) -> None:
        self._prefix = prefix
        self._met: dict[bytes, int] = {}
        self._round = 0
        self._cursor = first.cursor
        self._is_whole = first.cursor == END
        self._next_s = time.monotonic() + _BETWEEN_BITES_S
        self._guard = ForkLock()
        self._add(first.names)
        self._end_round()

    def read(self, ask: Ask) -> Listing:
        """Return what is listed, after another bite where it is time for one."""
        with self._guard:
            if time.monotonic() >= self._next_s:
                self._next_s = time.monotonic() + _BETWEEN_BITES_S
                glob = escape_glob(self._prefix) + b"*"
                command: Command = ("SCAN", self._cursor, "MATCH", glob, "COUNT", BITE_KEYS)
                ((self._cursor, keys),) = ask([command])
                self._add(keys)
                self._end_round()
            return Listing(tuple(self._met), self._is_whole and len(self._met) < MOST_LISTED)

    def _add(self, keys: Sequence[bytes]) -> None:
        for key in keys:
            if key.startswith(self._prefix) and (key in self._met or len(self._met) < MOST_LISTED):
                self._met[key] = self._round

    def _end_round(self) -> None:
        if self._cursor == END:
            self._is_whole = True
            self._met = {key: met for key, met in self._met.items() if met == self._round}
            self._round += 1


def escape_glob(text: bytes) -> bytes:
    """Return what matches a text alone, whatever it holds."""
    return _MEANT_BY_GLOB.sub(lambda found: b"\\" + found[0], text)
