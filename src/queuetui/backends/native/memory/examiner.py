"""Examines the queue in memory."""

from __future__ import annotations

import platform
from datetime import timedelta
from typing import TYPE_CHECKING

from queuetui.backends.examiner import LATE_S, MOST_LATE, Examiner
from queuetui.model.examination import Durability, Examination, LateLeases
from queuetui.model.text import Untrusted

if TYPE_CHECKING:
    from queuetui.backends.native.memory.store import MemoryStore


class MemoryExaminer(Examiner):
    """The Examiner of a queue that is lost when its process ends."""

    store: MemoryStore

    def examine(self, held_s: float) -> Examination:
        """Report that the process holds all data, and the expired leases that nobody swept."""
        with self.store.lock:
            latest = self.store.now() - timedelta(seconds=LATE_S)
            late = sorted(one.until for one in self.store.leases.values() if one.until < latest)[:MOST_LATE]
        return Examination(
            "memory",
            Untrusted(platform.python_version()),
            durability=Durability("C", {"kept": "until the process ends"}),
            late_leases=LateLeases(len(late), late[0] if late else None),
        )
