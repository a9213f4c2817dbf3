"""Queues of a product without a register, by the names of keys; at most one bite is read a look."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from queuetui.backends.forks import ForkLock
from queuetui.backends.keys.product import Ask
from queuetui.backends.keys.shelf import Command
from queuetui.backends.redis.key_list import BITE_KEYS, END, KeyList

_BETWEEN_BITES_S = 10.0
_MOST_QUEUES = 1_000


class QueueNames:
    """Every queue that was seen so far, also while it holds nothing.

    `queue_of` returns the queue that a key belongs to, None for a key of others; `glob` matches every such key. `named` are queues
    that a person named.
    """

    def __init__(
        self, first: KeyList, glob: bytes, queue_of: Callable[[bytes], bytes | None], named: Sequence[bytes] = ()
    ) -> None:
        self._glob = glob
        self._queue_of = queue_of
        self._names = dict.fromkeys(named)
        self._cursor = first.cursor
        self._is_whole = first.cursor == END
        self._next_s = time.monotonic() + (_BETWEEN_BITES_S if self._is_whole else 0)
        self._guard = ForkLock()
        self._add(first.names)

    def read(self, ask: Ask) -> tuple[bytes, ...]:
        """Return the queues, after another bite where it is time for one."""
        with self._guard:
            if time.monotonic() >= self._next_s:
                self._next_s = time.monotonic() + _BETWEEN_BITES_S
                command: Command = ("SCAN", self._cursor, "MATCH", self._glob, "COUNT", BITE_KEYS)
                ((self._cursor, keys),) = ask([command])
                self._is_whole = self._is_whole or self._cursor == END
                self._add(keys)
            return tuple(sorted(self._names))

    @property
    def unseen(self) -> str:
        """Why there may be queues that are not shown, nothing where all keys were looked through."""
        if len(self._names) >= _MOST_QUEUES:
            return f"no more than {_MOST_QUEUES:,} queues are shown: name those that matter in the profile"
        if not self._is_whole:
            return "not all keys of the server were looked through for queues yet: more may be found within minutes"
        return ""

    def _add(self, keys: Sequence[bytes]) -> None:
        for key in keys:
            queue = self._queue_of(key)
            if queue is not None and len(self._names) < _MOST_QUEUES:
                self._names.setdefault(queue)
