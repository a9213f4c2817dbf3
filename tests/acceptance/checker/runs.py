"""The runs of each job as the handlers' events tell them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.acceptance.checker.events import Event

ENDS = frozenset({"end", "fail", "snooze", "stopped"})
NEVER_NS = 2**63


@dataclass(frozen=True, slots=True)
class Run:
    """One run: `how` is the kind of its end event, `killed`, or `unknown` where no end was seen.

    `killed_ns` is when its process was killed later, perhaps before the store had heard of the end; `end_ns` is when it had ended at
    the latest, NEVER_NS where nothing tells.
    """

    start: Event
    end_ns: int
    how: str
    killed_ns: int | None = None

    @property
    def fence(self) -> int:
        """The fence under which it ran."""
        return self.start.fence


def collect_runs(events: Sequence[Event]) -> Mapping[str, Sequence[Run]]:
    """Return the runs of each job in the order in which they began."""
    ends = {(event.job_id, event.fence, event.pid): event for event in events if event.kind in ENDS}
    kills = collect_kills(events)
    runs: dict[str, list[Run]] = defaultdict(list)
    for start in events:
        if start.kind != "start":
            continue
        killed_ns = next((at for at in kills_of(start, kills) if at >= start.boot_ns), None)
        end = ends.get((start.job_id, start.fence, start.pid))
        if end is not None:
            runs[start.job_id].append(Run(start, end.boot_ns, end.kind, killed_ns))
        else:
            how = "unknown" if killed_ns is None else "killed"
            runs[start.job_id].append(Run(start, NEVER_NS if killed_ns is None else killed_ns, how, killed_ns))
    return {job_id: sorted(found, key=lambda run: run.start.boot_ns) for job_id, found in runs.items()}


def collect_kills(events: Sequence[Event]) -> Mapping[int, Sequence[int]]:
    """Return when each process was seen dead."""
    kills: dict[int, list[int]] = defaultdict(list)
    for event in events:
        if event.kind == "killed":
            kills[event.pid].append(event.boot_ns)
    return kills


def kills_of(start: Event, kills: Mapping[int, Sequence[int]]) -> list[int]:
    """Return when the process of a run, or the worker above it, was seen dead."""
    return sorted({*kills.get(start.pid, ()), *kills.get(start.worker, ())})
