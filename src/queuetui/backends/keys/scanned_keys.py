"""What names of keys tell where no register lists it; they are scanned, a batch a look."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

from queuetui.backends.forks import ForkLock
from queuetui.backends.keys.shelf import Ask, Command, Listing
from queuetui.backends.redis.key_list import BATCH_KEYS, END, KeyList

_MOST_PREFIXES = 64
_MEANT_BY_GLOB = re.compile(rb"[\\*?\[\]]")


class _Scanned:
    """What `name_of` makes of the keys that `glob` matches; it makes None of a key of others."""

    MOST: ClassVar[int]
    BETWEEN_BATCHES_S: ClassVar[float]
    FORGETS: ClassVar[bool] = False

    def __init__(
        self, first: KeyList, glob: bytes, name_of: Callable[[bytes], bytes | None], named: Sequence[bytes] = ()
    ) -> None:
        self._glob, self._name_of = glob, name_of
        self._met = dict.fromkeys(named, 0)
        self._round = 0
        self._cursor = first.cursor
        self._guard = ForkLock()
        self._take(first.names)
        self._next_s = time.monotonic() + (self.BETWEEN_BATCHES_S if self._is_whole else 0)

    @property
    def _is_whole(self) -> bool:
        """Whether all keys were looked through."""
        return self._round > 0

    def _look(self, ask: Ask) -> tuple[bytes, ...]:
        """Return what was met so far, after another batch where it is time for one."""
        with self._guard:
            if time.monotonic() >= self._next_s:
                self._next_s = time.monotonic() + self.BETWEEN_BATCHES_S
                command: Command = ("SCAN", self._cursor, "MATCH", self._glob, "COUNT", BATCH_KEYS)
                ((self._cursor, keys),) = ask([command])
                self._take(keys)
            return tuple(self._met)

    def _take(self, keys: Sequence[bytes]) -> None:
        for name in map(self._name_of, keys):
            if name is not None and (name in self._met or len(self._met) < self.MOST):
                self._met[name] = self._round
        if self._cursor == END:
            if self.FORGETS:
                self._met = {name: met for name, met in self._met.items() if met == self._round}
            self._round += 1

    def add(self, key: bytes) -> None:
        """Take in a key that was just written, before a batch meets it."""
        name = self._name_of(key)
        with self._guard:
            if name is not None and len(self._met) < self.MOST:
                self._met[name] = self._round


class QueueNames(_Scanned):
    """Every queue of a product without a register that was seen so far, also while it holds nothing.

    `named` are queues that a person named.
    """

    MOST = 1_000
    BETWEEN_BATCHES_S = 10.0

    def read(self, ask: Ask) -> tuple[bytes, ...]:
        """Return the queues by name."""
        return tuple(sorted(self._look(ask)))

    @property
    def unseen(self) -> str:
        """Why there may be queues that are not shown, nothing where all keys were looked through."""
        if len(self._met) >= self.MOST:
            return f"no more than {self.MOST:,} queues are shown: name those that matter in the profile"
        if not self._is_whole:
            return "not all keys of the server were looked through for queues yet: more may be found within minutes"
        return ""


class ListedKeys(_Scanned):
    """The keys of a prefix that are jobs themselves; a round that misses one drops it."""

    MOST = 100_000
    BETWEEN_BATCHES_S = 2.0
    FORGETS = True

    def __init__(self, first: KeyList, prefix: bytes) -> None:
        super().__init__(first, escape_glob(prefix) + b"*", lambda key: key if key.startswith(prefix) else None)

    def read(self, ask: Ask) -> Listing:
        """Return what is listed."""
        found = self._look(ask)
        return Listing(found, self._is_whole and len(found) < self.MOST)


def names_in(settings: Mapping[str, str], name: str, *, with_spaces: bool = False) -> list[bytes]:
    """Return the queues that a person names in a setting.

    Commas stand between them, or spaces where no name `with_spaces` is expected.
    """
    written = settings.get(name, "")
    named = written.split(",") if with_spaces else written.replace(",", " ").split()
    return [one.strip().encode() for one in named if one.strip()]


def prefixes_of(ends: Sequence[bytes], names: Sequence[bytes]) -> list[str]:
    """Return what stands before these ends of names, as many as are looked into."""
    found = {key.removesuffix(end) for end in ends for key in names if key.endswith(end) and key != end}
    return sorted(text for one in found if (text := one.decode("utf-8", "replace")).encode() == one)[:_MOST_PREFIXES]


def escape_glob(text: bytes) -> bytes:
    """Return what matches a text alone, whatever it holds."""
    return _MEANT_BY_GLOB.sub(lambda found: b"\\" + found[0], text)
