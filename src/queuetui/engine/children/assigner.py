"""Assigns runs to children: quick ones in batches, all others one at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING

from queuetui.engine.children.child_handle import BOUNDLESS
from queuetui.engine.context import CancelCause
from queuetui.engine.outcome import settle_cancelled

if TYPE_CHECKING:
    from queuetui.engine.children.child_handle import ChildHandle
    from queuetui.engine.clock import Pace
    from queuetui.engine.finisher import Outbox
    from queuetui.engine.held import Run
    from queuetui.engine.settings import WorkerSettings

BATCH_JOBS = 50
# Two batches, so that a child has the next batch when it is done with one.
AHEAD_JOBS = 2 * BATCH_JOBS
AHEAD_S = 0.01


class Assigner:
    """Assigns the runs of the backlog to children."""

    def __init__(self, settings: WorkerSettings, outbox: Outbox, pace: Pace) -> None:
        self._settings = settings
        self._outbox = outbox
        self._pace = pace

    def feed(self, backlog: deque[Run], handles: Sequence[ChildHandle]) -> list[tuple[ChildHandle, list[Run]]]:
        """Assign as many runs as the children have room for; return the runs that each child got."""
        fed = []
        hungry = sorted((handle for handle in handles if handle.is_open), key=lambda handle: len(handle.runs))
        for place, handle in enumerate(hungry):
            share = -(-len(backlog) // (len(hungry) - place))
            runs = self._take(backlog, handle, min(share, BATCH_JOBS))
            if runs:
                handle.give(runs, self._settings.lease_s)
                fed.append((handle, runs))
        return fed

    def _take(self, backlog: deque[Run], handle: ChildHandle, most: int) -> list[Run]:
        taken: list[Run] = []
        rooms: dict[str, int] = {}
        if not handle.runs:
            handle.room = BOUNDLESS
        if self._settings.recycle_jobs is not None:
            most = min(most, self._settings.recycle_jobs - handle.given)
        while backlog and len(taken) < most:
            run = backlog[0]
            job_type = run.job.type
            if job_type not in rooms:
                rooms[job_type] = self._room_for(job_type)
            room = min(handle.room, rooms[job_type])
            if len(handle.runs) + len(taken) >= room:
                break
            backlog.popleft()
            if self._is_still_wanted(run):
                handle.room = room
                taken.append(run)
        return taken

    def _room_for(self, job_type: str) -> int:
        """Return how many runs a child may hold beside one of this type: one, unless all are very short."""
        average_s = self._pace.type_average_s(job_type)
        if average_s is None or average_s > AHEAD_S / 2:
            return 1
        return max(2, min(AHEAD_JOBS, int(AHEAD_S / max(average_s, 1e-6))))

    def _is_still_wanted(self, run: Run) -> bool:
        """Tell whether a run should still begin; settle one that was cancelled before."""
        if run.ended:
            return False
        if run.context.cancel_cause is not CancelCause.PERSON:
            return True
        if run.end():
            self._outbox.put(run, settle_cancelled(run.job, None), at_once=True)
        return False
