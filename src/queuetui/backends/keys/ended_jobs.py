"""The jobs of a product that have ended, each read once: what is stored of them changes no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from queuetui.model.state import FINAL

if TYPE_CHECKING:
    from collections.abc import Callable

    from queuetui.backends.keys.seen import KeysMoment
    from queuetui.backends.keys.shelf import Entry
    from queuetui.model.job import Job

_MOST_KEPT = 20_000


class EndedJobs:
    """Keeps jobs by the members that they stand for, together with the bytes that they were read from."""

    def __init__(self) -> None:
        self._kept: dict[tuple[bytes, bool], tuple[tuple[bytes, str], Job]] = {}

    def read(self, entry: Entry, raw: bytes, moment: KeysMoment, read: Callable[[], Job | None]) -> Job | None:
        """Return the job that was read from these bytes before, or else what `read` returns now."""
        place, source = (entry.member, moment.brief), (raw, moment.backend)
        kept = self._kept.get(place)
        if kept and kept[0] == source:
            return kept[1]
        job = read()
        if job and job.state in FINAL:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            self._kept[place] = source, job
        return job
