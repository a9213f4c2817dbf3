"""The process that causes one real trouble and keeps it up until its parent is gone.

`python -m queuetui.cli.demo.director FOLDER SCENARIO`, with a pipe from the parent as standard input.
"""

from __future__ import annotations

import shutil
import signal
import sys
from pathlib import Path
from threading import Event
from time import monotonic

from queuetui.cli.demo.crew import Hand
from queuetui.cli.demo.place import DemoPlace
from queuetui.cli.demo.scenarios import HEALTHY_WORKER, SCENARIOS, Scenario, healthy_jobs
from queuetui.cli.demo.watched import watch_parent
from queuetui.client import Queue

TICK_S = 0.2
HEALTHY_EVERY_S = 1.5


def direct(folder: Path, name: str) -> None:
    """Play a scenario in a folder until the parent is gone, and remove the folder."""
    over = Event()
    watch_parent(over.set)
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    place, scenario = DemoPlace(folder), SCENARIOS[name]
    try:
        if scenario.attach is not None:
            scenario.attach(place.attached)
            over.wait()
            return
        with Queue(place.url) as queue:
            _play(scenario, place, queue, over)
    finally:
        if over.is_set():
            shutil.rmtree(folder, ignore_errors=True)


def _play(scenario: Scenario, place: DemoPlace, queue: Queue, over: Event) -> None:
    hands = [Hand(name, options, place) for name, options in scenario.workers.items()]
    healthy = Hand("import-1", HEALTHY_WORKER, place)
    # The returned value is kept until the end, for example a session that holds a lock.
    done = None if scenario.act is None else scenario.act(queue, place.url)
    for hand in (*hands, healthy):
        hand.start()
    queue.enqueue_many(scenario.jobs())
    kills, healthy_at_s = scenario.kills, monotonic()
    try:
        while not over.wait(TICK_S):
            if monotonic() >= healthy_at_s:
                queue.enqueue_many(healthy_jobs())
                healthy_at_s = monotonic() + HEALTHY_EVERY_S
            if kills and queue.jobs(f"{scenario.watched} state:processing", limit=1)[0]:
                kills = False
                for hand in hands:
                    hand.kill()
            if scenario.restarts:
                for hand in hands:
                    if not hand.is_alive:
                        hand.start()
    finally:
        for hand in (*hands, healthy):
            hand.kill()
        del done


if __name__ == "__main__":
    direct(Path(sys.argv[1]), sys.argv[2])
