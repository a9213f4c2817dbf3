"""All runs, round by round: a noisy minute hits everybody alike, and ratios are taken within a round."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from benchmarks.peers.cells import Cell
from benchmarks.peers.contenders import Contender
from benchmarks.peers.environments import NotRun
from benchmarks.peers.measures import Figures, Measure, measure
from benchmarks.peers.stores import Stores

# A run beside which the rest of the machine used more of a core than this is left out where calmer ones exist.
CALM_CORES = 0.6
Task = tuple[Measure, Contender]


@dataclass
class Results:
    """What was found, by round, and why something was not run."""

    found: dict[Task, dict[int, Figures]] = field(default_factory=dict)
    not_run: dict[Task, str] = field(default_factory=dict)

    def values(self, task: Task, figure: str) -> list[float]:
        """Return a figure of every round, the calm ones where there are any."""
        rounds = self.found.get(task, {}).values()
        calm = [one for one in rounds if one.others <= CALM_CORES]
        return [one.values[figure] for one in calm or rounds]

    def ratios(self, cell: Cell) -> list[float]:
        """Return ours to the peer's of every round in which both ran, the calm ones where there are any."""
        if cell.peer is None:
            return []
        own, peers = self.found.get((cell.how, cell.ours), {}), self.found.get((cell.how, cell.peer), {})
        pairs = [(own[number], peers[number]) for number in own if number in peers]
        calm = [pair for pair in pairs if max(one.others for one in pair) <= CALM_CORES]
        return [mine.values[cell.figure] / theirs.values[cell.figure] for mine, theirs in calm or pairs]

    def others(self) -> float:
        """Return how much of a core the rest of the machine used, the median of all runs."""
        return statistics.median([one.others for rounds in self.found.values() for one in rounds.values()] or [0.0])


def tasks_of(cells: Iterable[Cell]) -> list[Task]:
    """Return what is to be run for these cells, each once and beside what it is compared with."""
    tasks: dict[Task, None] = {}
    for cell in cells:
        for contender in (cell.ours, cell.peer):
            if contender is not None:
                tasks[(cell.how, contender)] = None
    return list(tasks)


def run_rounds(cells: list[Cell], rounds: int, scale: float) -> Results:
    """Run everything; what cannot be run once is not tried again."""
    results, stores = Results(), Stores()
    tasks = tasks_of(cells)
    try:
        for number in range(rounds):
            for task in tasks:
                if task not in results.not_run and not (number and task[0] is Measure.IDLE):
                    _run(task, number, scale, stores, results)
    finally:
        stores.close()
    return results


def _run(task: Task, number: int, scale: float, stores: Stores, results: Results) -> None:
    how, contender = task
    label = f"round {number + 1}  {how:<13}{contender.store}, {contender.name}"
    started_s = time.monotonic()
    try:
        figures = measure(how, contender, stores, scale)
    except NotRun as reason:
        results.not_run[task] = str(reason)
        print(f"{label}: not run: {reason}", file=sys.stderr)
        return
    results.found.setdefault(task, {})[number] = figures
    values = ", ".join(f"{name} {value:,.2f}" for name, value in figures.values.items())
    took_s = time.monotonic() - started_s
    print(f"{label}: {values}  ({took_s:.1f} s, others {figures.others:.1f} cores)", file=sys.stderr)
