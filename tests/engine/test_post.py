"""What a child tells its worker, in which order."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

from queuetui.engine.allowed import AllowRule
from queuetui.engine.children.boot import describe_boot
from queuetui.engine.children.child import Child
from queuetui.engine.children.child_memory import ChildMemory
from queuetui.engine.children.child_spec import ChildSpec
from queuetui.engine.children.messages import Ended, Noted, decode_from_child, to_noted
from queuetui.engine.children.pipes import ChildEnd, WorkerEnd
from queuetui.engine.held import Run
from queuetui.engine.settings import WorkerSettings
from queuetui.engine.tasks import Tasks
from queuetui.model.clock import from_us
from queuetui.model.job import ClaimedJob, Ending, RunError, Settlement
from queuetui.model.job_id import new_job_id

MOMENT = from_us(0)


class LateName(str):
    """The name of an error; another thread acts in the very moment in which it is read."""

    __slots__ = ("other",)
    other: Callable[[], None]

    def isascii(self) -> bool:
        """Let the other one act."""
        self.other()
        return True


def test_nothing_comes_between_the_last_notes_of_a_run_and_its_ending() -> None:
    """Notes that another thread looked at before the run's last count do not take the place of its last ones."""
    ours, theirs = socket.socketpair()
    page = ChildMemory.make()
    boot = describe_boot(WorkerSettings(), "w")
    child = Child(ChildSpec(boot, Tasks(None, AllowRule((), Path.cwd()))), ChildEnd(theirs), page)
    job = ClaimedJob(new_job_id(), 1, "T", "q", b"", None, 0, 0, 3, 0, None, (), None, MOMENT, MOMENT)
    run = Run(job, "w")
    run.context.count("credits", 1)
    seen = to_noted(0, run.context.noted())
    run.context.count("credits", 1)
    name = LateName("Broken")
    name.other = lambda: child._post.put(seen)
    child.put(run, Settlement(job.id, 1, "T", Ending.RETRY, error=RunError(name, "", "")))
    told = [one for frame in WorkerEnd(ours).receive() for one in decode_from_child(frame)]
    noted, ended = told[-2:]
    assert isinstance(noted, Noted)
    assert isinstance(ended, Ended)
    assert noted.usage == {"credits": 2}
    page.close()
    for end in (ours, theirs):
        end.close()
