"""The process that makes one trouble for real and keeps it up until its parent is gone.

`python -m queuetui.cli.demo.director FOLDER SCENARIO`, with a pipe from the parent as standard input.
"""

from __future__ import annotations

import shutil
import signal
import sys
from pathlib import Path
from threading import Event

from queuetui.cli.demo.crew import Hand
from queuetui.cli.demo.place import DemoPlace
from queuetui.cli.demo.scenarios import SCENARIOS, Scenario
from queuetui.cli.demo.watched import watch_parent
from queuetui.client import Queue

TICK_S = 0.2


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
    if scenario.act is not None:
        scenario.act(queue)
    for hand in hands:
        hand.start()
    queue.enqueue_many(scenario.jobs())
    kills = scenario.kills
    try:
        while not over.wait(TICK_S):
            if kills and queue.jobs(f"{scenario.watched} state:processing", limit=1)[0]:
                kills = False
                for hand in hands:
                    hand.kill()
            if scenario.restarts:
                for hand in hands:
                    if not hand.is_alive:
                        hand.start()
    finally:
        for hand in hands:
            hand.kill()


if __name__ == "__main__":
    direct(Path(sys.argv[1]), sys.argv[2])
