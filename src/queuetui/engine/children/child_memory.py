"""Memory that a worker and its child share, readable even while a handler holds the interpreter.

Eight words of eight bytes; each is written by one side alone:

    0  marked     child    the run that it is about to begin
    1  begun      child    the last run that it has begun
    2  begun_ns   child    when that was, on the clock that both share
    3  ended      child    the last run that is done; a handler is at work while `begun` differs
    4  withdrawn  worker   runs below this number must not be begun
    5  condemned  worker   the run that a TERM is meant for
    6  trusted_ns worker   until when the leases hold; the fork server kills a child at work past it
    7  unused
"""

from __future__ import annotations

import mmap
import os
import tempfile

SLOTS = 8
SIZE_BYTES = SLOTS * 8
NS_PER_S = 1_000_000_000
(_MARKED, _BEGUN, _BEGUN_NS, _ENDED, _WITHDRAWN, _CONDEMNED, _TRUSTED_NS, _) = range(SLOTS)


class ChildMemory:
    """Eight whole numbers in shared memory, each written by one side alone.

    Runs are numbered from 1 in the order in which the child gets them. A child marks a run, then looks whether it was withdrawn,
    then begins it; a worker withdraws, then looks what is marked. So no run is begun by a child and given to another one.
    """

    def __init__(self, file: int) -> None:
        self.file = file
        self._memory = mmap.mmap(file, SIZE_BYTES)
        self._words = memoryview(self._memory).cast("q")

    @classmethod
    def make(cls) -> ChildMemory:
        """Return a new page, all zero, that other processes can be handed."""
        if hasattr(os, "memfd_create"):
            file = os.memfd_create("queuetui-page")
        else:
            with tempfile.TemporaryFile() as temporary:
                file = os.dup(temporary.fileno())
        os.ftruncate(file, SIZE_BYTES)
        return cls(file)

    def close(self) -> None:
        """Unmap the memory and close its file."""
        self._words.release()
        self._memory.close()
        os.close(self.file)

    def begin(self, number: int, now_s: float) -> bool:
        """Begin a run (called in the child); False if it was withdrawn."""
        words = self._words
        words[_MARKED] = number
        if number < words[_WITHDRAWN]:
            return False
        words[_BEGUN_NS] = int(now_s * NS_PER_S)
        words[_BEGUN] = number
        return True

    def end(self, number: int) -> None:
        """Mark the handler of a run as done (called in the child)."""
        self._words[_ENDED] = number

    @property
    def begun(self) -> int:
        """The last run whose handler was begun."""
        return self._words[_BEGUN]

    @property
    def running(self) -> tuple[int, float] | None:
        """The run whose handler is at work and since when."""
        words = self._words
        while True:
            begun, begun_ns = words[_BEGUN], words[_BEGUN_NS]
            if begun == words[_ENDED]:
                return None
            if begun == words[_BEGUN]:
                return begun, begun_ns / NS_PER_S

    def withdraw(self, below: int) -> int:
        """Forbid the child to begin runs below a number; return the last run that it may have begun already."""
        self._words[_WITHDRAWN] = below
        return self._words[_MARKED]

    def condemn(self, number: int) -> None:
        """Write which run a TERM is meant for."""
        self._words[_CONDEMNED] = number

    @property
    def is_condemned(self) -> bool:
        """Whether the run at work is the one that a TERM is meant for."""
        running = self.running
        return running is not None and self._words[_CONDEMNED] == running[0]

    def trust(self, until_s: float) -> None:
        """Write until when the leases of the child's runs can be trusted."""
        self._words[_TRUSTED_NS] = int(until_s * NS_PER_S)

    def outlives_trust(self, now_s: float) -> bool:
        """Tell whether a handler is at work although its lease can no longer be trusted."""
        return self.running is not None and now_s * NS_PER_S > self._words[_TRUSTED_NS]
