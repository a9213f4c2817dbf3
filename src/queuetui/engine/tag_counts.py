"""Runs by the values of tags, counted in the store: there one server finds what all workers did."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from queuetui.model.job import Ending
from queuetui.model.run_notes import tag_counter

if TYPE_CHECKING:
    from queuetui.engine.held import RunEnding

# Each pair of label values is a series that Prometheus keeps: what a queue can be full of is bounded.
MOST_VALUES = 200
# The store sums up each for every queue and type.
MOST_COUNTED = 20
OTHER = "other"
VALUE_CHARS = 120
_NO_RUNS = frozenset({Ending.RELEASED, Ending.SNOOZED})


class BoundedValues:
    """The values that one label has had; those beyond the first so many are all called `other`."""

    def __init__(self, most: int = MOST_VALUES) -> None:
        self._known: set[str] = set()
        self._most = most

    def read(self, value: str) -> str:
        """Return the value as a label holds it."""
        short = value[:VALUE_CHARS]
        if short not in self._known:
            if len(self._known) >= self._most:
                return OTHER
            self._known.add(short)
        return short


class TagCounts:
    """Adds to the notes of each run the counters of its tags; `names` are those that are counted by."""

    def __init__(self, names: Sequence[str]) -> None:
        self._values = {name: BoundedValues(MOST_COUNTED) for name in names}

    def mark(self, endings: Sequence[RunEnding]) -> None:
        """Count runs whose endings are about to be written; one that is written again counts once."""
        if not self._values:
            return
        for run, settlement in endings:
            if settlement.ending in _NO_RUNS:
                continue
            for name, value in tag_values(run.job.tags, tuple(self._values)).items():
                if value:
                    told = self._values[name].read(value)
                    run.context.noted().mark(tag_counter(name, told, settlement.ending.value))


def tag_values(tags: Sequence[str], labels: Sequence[str]) -> dict[str, str]:
    """Return the value of each label that a job's tags give, empty where they give none."""
    found = dict.fromkeys(labels, "")
    for tag in tags:
        name, sign, value = tag.partition(":") if ":" in tag else tag.partition("=")
        if sign and name in found:
            found[name] = value
    return found
