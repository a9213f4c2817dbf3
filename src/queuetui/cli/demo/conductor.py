"""The process that keeps the demo alive.

It enqueues, kills and restarts one worker, and cleans up when its parent is gone.
`python -m queuetui.cli.demo.conductor FOLDER`, with a pipe from the parent as standard input.
"""

from __future__ import annotations

import shutil
import signal
import sys
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from threading import Event
from time import monotonic

from queuetui.cli.demo.crew import DOOMED, STEADY, Hand
from queuetui.cli.demo.place import DemoPlace
from queuetui.cli.demo.watched import watch_parent
from queuetui.cli.demo.workload import next_jobs, open_workload, standing_jobs
from queuetui.cli.output import say
from queuetui.client import Queue
from queuetui.model.act import Act, Verb
from queuetui.model.errors import QueueTuiError
from queuetui.model.job import NewJob

TICK_S = 0.5
STANDING_EVERY_S = 5.0
LIFE_S = 9.0
DEATH_S = 12.0
SILENT_FOR_GOOD_S = 120.0
MOST_JOBS = 50_000
LONGEST_S = 4 * 3600.0


@dataclass
class Conductor:
    """Drives the demo; after a number of jobs and a time it only keeps the standing jobs."""

    place: DemoPlace
    queue: Queue
    over: Event
    chance: Random = field(default_factory=Random)

    def __post_init__(self) -> None:
        self._started_s = monotonic()
        self._sent = 0
        self._standing_at_s = self._started_s
        self._steady = [Hand(name, options, self.place) for name, options in STEADY.items()]
        self._doomed = Hand("exports-1", DOOMED, self.place)
        self._turn_at_s = 0.0

    def run(self) -> None:
        """Run until the parent is gone."""
        self._keep_standing()
        self._send(open_workload(self.chance))
        for hand in self._steady:
            hand.start()
        try:
            while not self.over.wait(TICK_S * self.chance.uniform(0.5, 1.5)):
                self._tick()
        finally:
            self._end_all()

    def _tick(self) -> None:
        if self._sent < MOST_JOBS and monotonic() - self._started_s < LONGEST_S:
            self._send(next_jobs(self.chance))
        if monotonic() >= self._standing_at_s:
            self._keep_standing()
        if monotonic() >= self._turn_at_s:
            self._turn_fate()

    def _send(self, jobs: list[NewJob]) -> None:
        try:
            self.queue.enqueue_many(jobs)
        except QueueTuiError as error:
            say(f"the demo could not enqueue: {error}")
        self._sent += len(jobs)

    def _keep_standing(self) -> None:
        """Enqueue standing jobs that are missing, and delete registrations of workers that died long ago."""
        self._standing_at_s = monotonic() + STANDING_EVERY_S
        wanted = standing_jobs(self.chance)
        self._send([job for filter_text, job in wanted.items() if not self.queue.jobs(filter_text, limit=1)[0]])
        self.queue.backend.operator.clean_workers(Act(Verb.CLEAN, "the demo"), SILENT_FOR_GOOD_S)

    def _turn_fate(self) -> None:
        """Kill the doomed worker, or start it again."""
        if self._doomed.is_alive:
            self._doomed.kill()
            self._turn_at_s = monotonic() + DEATH_S
        else:
            self._doomed.start()
            self._turn_at_s = monotonic() + LIFE_S

    def _end_all(self) -> None:
        """Kill the workers at once: their queue is deleted too, so nothing has to be finished."""
        for hand in (*self._steady, self._doomed):
            hand.kill()


def conduct(folder: Path) -> None:
    """Run the demo in a folder until the parent is gone, and remove the folder."""
    over = Event()
    watch_parent(over.set)
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    place = DemoPlace(folder)
    try:
        with Queue(place.url) as queue:
            Conductor(place, queue, over).run()
    finally:
        if over.is_set():
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    conduct(Path(sys.argv[1]))
