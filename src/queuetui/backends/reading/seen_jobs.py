"""The jobs that were shown last, so that opening one needs no search."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from queuetui.backends.forks import ForkLock

if TYPE_CHECKING:
    from collections.abc import Iterable

    from queuetui.model.act import JobRef
    from queuetui.model.job import Job

_MOST = 20_000


class SeenJobs:
    """The references of the newest jobs by their ids; the revision in each says where the job stood."""

    def __init__(self) -> None:
        self._refs: OrderedDict[str, JobRef] = OrderedDict()
        self._guard = ForkLock()

    def add(self, jobs: Iterable[Job]) -> None:
        """Keep where jobs stand."""
        with self._guard:
            for job in jobs:
                self._refs[job.ref.id] = job.ref
                self._refs.move_to_end(job.ref.id)
            while len(self._refs) > _MOST:
                self._refs.popitem(last=False)

    def find(self, job_ids: Iterable[str]) -> dict[str, JobRef]:
        """Return the references of those of the ids that were seen."""
        with self._guard:
            return {job_id: self._refs[job_id] for job_id in job_ids if job_id in self._refs}
