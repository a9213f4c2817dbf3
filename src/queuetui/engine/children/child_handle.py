"""The state of one child, as its worker keeps it.

    made --forked--> has a pid --Ready--> open --retiring--> leaving --exit--> reaped
                                           |                    |
                                           | end_cause          | later than kill_at_s
                                           v                    v
                                     ending --TERM--> termed --KILL--> killed --exit--> reaped
                                           |
                                           +--its run ends before the TERM--> open

Only an open child is given runs. If a child exits that is not leaving, its current run ends as lost, timed out or cancelled
(`exit_causes`), and the runs that it had not begun go back to the backlog.
"""

from __future__ import annotations

import signal
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from queuetui.engine.children.messages import Cancel, Leave, ToChild, Work, Written, encode
from queuetui.engine.children.process_end import signal_group

if TYPE_CHECKING:
    from queuetui.engine.children.child_memory import ChildMemory
    from queuetui.engine.children.pipes import WorkerEnd
    from queuetui.engine.context import CancelCause
    from queuetui.engine.held import Run

BOUNDLESS = 2**31
# The part of a lease after which a run is killed, as the store may soon grant its job to another worker.
KILL_PART = 5 / 6
TERM_GRACE_S = 0.25


@dataclass(eq=False, slots=True)
class ChildHandle:
    """A child and the runs that it was given, by their numbers.

    The run `ending` must end, for the cause `end_cause`: it gets a signal at `term_at_s`, and the child is killed at `kill_at_s`.
    `room` is how many runs the child may hold while it holds these. `retiring` says why it is given no more. A child without `pid` is
    not forked yet.
    """

    child: int
    end: WorkerEnd
    page: ChildMemory
    kill_at_s: float | None
    pid: int = 0
    ready: bool = False
    runs: dict[int, Run] = field(default_factory=dict)
    given: int = 0
    room: int = BOUNDLESS
    ending: Run | None = None
    end_cause: CancelCause | None = None
    term_at_s: float | None = None
    termed: bool = False
    killed: bool = False
    retiring: str | None = None
    leaving: bool = False

    @property
    def is_open(self) -> bool:
        """Whether the child may be given more runs."""
        return self.ready and self.pid > 0 and not self.termed and not self.killed and self.retiring is None

    def at_work(self) -> tuple[int, Run, float] | None:
        """Return the current run of the child, with its number and when it began."""
        running = self.page.running
        if running is None:
            return None
        number, began_s = running
        run = self.runs.get(number)
        return None if run is None else (number, run, began_s)

    def number_of(self, run: Run) -> int | None:
        """Return the number of a run."""
        return next((number for number, one in self.runs.items() if one is run), None)

    def give(self, runs: Sequence[Run], lease_s: float) -> None:
        """Send runs to the child."""
        jobs = []
        for run in runs:
            self.given += 1
            self.runs[self.given] = run
            jobs.append((self.given, run.told, run.job))
        self.trust(lease_s)
        self.tell(Work(tuple(jobs)))

    def trust(self, lease_s: float) -> None:
        """Write until when the leases are valid; the fork server kills the child after that."""
        renewed_s = min((run.lease.renewed_s for run in self.runs.values()), default=0.0)
        self.page.trust(renewed_s + lease_s * KILL_PART)

    def tell(self, message: ToChild) -> None:
        """Send a message."""
        self.end.send(encode([message]))

    def cancel(self, number: int, run: Run) -> None:
        """Tell the handler's context that its run should end."""
        if run.context.cancel_cause is not None:
            self.tell(Cancel(number, run.context.cancel_cause.value))

    def confirm(self, number: int) -> None:
        """Tell the child that an ending it waits for is written."""
        self.tell(Written(number))

    def withdraw(self) -> list[Run]:
        """Take back every run that has not begun, in order; the child itself declines the one it is beginning."""
        last = self.page.withdraw(self.given + 1)
        last = max(last, self.page.begun)
        return [self.runs.pop(number) for number in list(self.runs) if number > last]

    def spare(self) -> None:
        """Let the child live, as the run that it was to be killed for has ended."""
        self.ending = self.end_cause = self.term_at_s = None

    def terminate(self, now_s: float) -> bool:
        """Send TERM to the child and all it started, to end the run `ending`; False if it has ended meanwhile."""
        at_work = self.at_work()
        if at_work is None or at_work[1] is not self.ending:
            return False
        self.page.condemn(at_work[0])
        self.termed = True
        self.kill_at_s = min(now_s + TERM_GRACE_S, self.kill_at_s or now_s + TERM_GRACE_S)
        signal_group(self.pid, signal.SIGTERM)
        return True

    def kill(self) -> None:
        """Kill the child and all it started."""
        if self.pid > 0 and not self.killed:
            self.killed = True
            signal_group(self.pid, signal.SIGKILL)

    def leave(self, by_s: float) -> None:
        """Ask an idle child to exit, and have it killed at `by_s` if it has not."""
        self.leaving, self.kill_at_s = True, by_s
        self.tell(Leave())

    def close(self) -> None:
        """Close the pipe and the shared memory."""
        self.end.close()
        self.page.close()
