"""Adds the counts of a transaction to the minute's row of the tally, in that same transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from queuetui.backends.native.sql.session import Session
from queuetui.backends.native.sql.worker.claims import Finish

TOOK_BUCKETS = 24
TOOK_COLUMNS = tuple(f"took_{bucket:02d}" for bucket in range(TOOK_BUCKETS))
_FIGURES = ("enqueued", "started", "completed", "failed", "retried", "lost", "busy_us", *TOOK_COLUMNS)


def bucket_of(took_us: int) -> int:
    """Return NN, the bucket of a run time: less than 2^NN milliseconds, at least half of that."""
    return min((took_us // 1000).bit_length(), TOOK_BUCKETS - 1)


@dataclass(slots=True)
class TallyWrites:
    """Counts by worker, queue and type."""

    _figures: dict[tuple[str, str, str], dict[str, int]] = field(default_factory=dict)

    def add(self, worker_id: str, queue: str, job_type: str, figure: str, count: int = 1) -> None:
        """Add to a count."""
        place = (worker_id, queue, job_type)
        if place not in self._figures:
            self._figures[place] = dict.fromkeys(_FIGURES, 0)
        self._figures[place][figure] += count

    def add_run(self, worker_id: str, queue: str, job_type: str, took_us: int | None) -> None:
        """Count a run by its duration."""
        if took_us is not None:
            self.add(worker_id, queue, job_type, "busy_us", took_us)
            self.add(worker_id, queue, job_type, TOOK_COLUMNS[bucket_of(took_us)])

    def add_completed(self, worker_id: str, queue: str, finishes: Sequence[Finish]) -> None:
        """Count completed runs of one queue, and their durations."""
        lengths_us: dict[str, list[int | None]] = {}
        for one in finishes:
            lengths_us.setdefault(one.type, []).append(one.took_us)
        for job_type, all_us in lengths_us.items():
            known_us = [took_us for took_us in all_us if took_us is not None]
            self.add(worker_id, queue, job_type, "completed", len(all_us))
            self.add(worker_id, queue, job_type, "busy_us", sum(known_us))
            for bucket, count in Counter(map(bucket_of, known_us)).items():
                self.add(worker_id, queue, job_type, TOOK_COLUMNS[bucket], count)

    def write(self, session: Session) -> None:
        """Add all counts to the stored minute, in one order so that two writers cannot deadlock."""
        session.change_each(
            "add_tally",
            [
                {"worker_id": worker_id, "queue": queue, "type": job_type, **figures}
                for (worker_id, queue, job_type), figures in sorted(self._figures.items())
            ],
        )
