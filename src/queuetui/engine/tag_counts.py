"""Counts runs by the values of tags in the store, where one server can read those of all workers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from queuetui.model.job import Ending
from queuetui.model.run_notes import tag_counter

if TYPE_CHECKING:
    from queuetui.engine.held import RunEnding

# Prometheus keeps a series for each pair of label values, so their number is limited.
MOST_VALUES = 200
# The store keeps a sum of each value for every queue and type.
MOST_COUNTED = 20
OTHER = "other"
VALUE_CHARS = 120
_NO_RUNS = frozenset({Ending.RELEASED, Ending.SNOOZED})


class BoundedValues:
    """The values of one label; all values beyond the first `most` are replaced by `other`."""

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
    """Adds counters for tag values to the notes of each run; `names` are the tags that are counted."""

    def __init__(self, names: Sequence[str]) -> None:
        self._values = {name: BoundedValues(MOST_COUNTED) for name in names}

    def mark(self, endings: Sequence[RunEnding]) -> None:
        """Count runs whose endings are about to be written; an ending that is written again counts once."""
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
    """Return the value of each label from a job's tags, empty where no tag sets it."""
    found = dict.fromkeys(labels, "")
    for tag in tags:
        name, sign, value = tag.partition(":") if ":" in tag else tag.partition("=")
        if sign and name in found:
            found[name] = value
    return found
