"""What was done to a run: faults with their span of time and the process they were done to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.acceptance.checker.events import BEGIN, END, Event

FOREVER_NS = 2**63
CRASH, PAUSE, LOAD = "crash", "pause", "load"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault; `pid` 0: it was done to the store or to all."""

    fault: str
    begin_ns: int
    end_ns: int
    pid: int

    def concerns(self, pid: int, worker: int, since_ns: int, until_ns: int) -> bool:
        """Tell whether it may have touched a process within a span of time; a machine that is too busy is so for everybody."""
        return (
            (self.fault == LOAD or self.pid in {0, pid, worker})
            and self.begin_ns <= until_ns
            and self.end_ns >= since_ns
        )


def find_faults(events: Sequence[Event]) -> Sequence[Fault]:
    """Return the faults in the order in which they began."""
    found: list[Fault] = []
    open_: dict[tuple[str, int, str], Event] = {}
    for event in events:
        match event.kind, event.phase:
            case "killed", _:
                found.append(Fault(CRASH, event.boot_ns, event.boot_ns, event.pid))
            case "frozen", _:
                open_[PAUSE, event.pid, ""] = event
            case "woken", _ if (begun := open_.pop((PAUSE, event.pid, ""), None)) is not None:
                found.append(Fault(PAUSE, begun.boot_ns, event.boot_ns, event.pid))
            case "fault", phase if phase == BEGIN:
                open_[event.fault, event.pid, event.detail] = event
            case "fault", phase if phase == END:
                begun = open_.pop((event.fault, event.pid, event.detail), event)
                found.append(Fault(event.fault, begun.boot_ns, event.boot_ns, event.pid))
            case "fault", _:
                found.append(Fault(event.fault, event.boot_ns, event.boot_ns, event.pid))
    found += [Fault(fault, begun.boot_ns, FOREVER_NS, pid) for (fault, pid, _), begun in open_.items()]
    return sorted(found, key=lambda one: one.begin_ns)
