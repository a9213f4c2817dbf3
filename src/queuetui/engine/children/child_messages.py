"""Acts on the messages of children."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from threading import Event
from typing import TYPE_CHECKING

from queuetui.engine.children.log_relay import repeat
from queuetui.engine.children.messages import (
    BROKEN_MESSAGE,
    Bound,
    Declined,
    Ended,
    Logged,
    Noted,
    Progressed,
    Ready,
    TypeRules,
    decode_from_child,
)
from queuetui.engine.children.pipes import BrokenPipe
from queuetui.engine.clock import steady_s
from queuetui.engine.context import CancelCause
from queuetui.engine.notekeeper import keep_record
from queuetui.model.job import Ending

if TYPE_CHECKING:
    from queuetui.engine.children.child_handle import ChildHandle
    from queuetui.engine.children.exit_causes import ExitJudge, Rules
    from queuetui.engine.held import Run


class Receipt(Event):
    """The event that an ending is written; setting it also confirms the ending to the child that waits."""

    def __init__(self, confirm: Callable[[], object]) -> None:
        super().__init__()
        self._confirm = confirm

    def set(self) -> None:
        """Tell the child."""
        super().set()
        self._confirm()


class ChildMessages:
    """Reads a child's pipe; other threads call `confirm` when an ending that a child awaits is written."""

    def __init__(
        self, rules: Rules, exit_judge: ExitJudge, backlog: deque[Run], confirm: Callable[[ChildHandle, int], object]
    ) -> None:
        self._rules = rules
        self._exit_judge = exit_judge
        self._backlog = backlog
        self._confirm = confirm

    def hear(self, handle: ChildHandle) -> None:
        """Act on all messages of a child; a child that sends a malformed one is killed."""
        try:
            for frame in handle.end.receive():
                heard_s = steady_s()
                for told in decode_from_child(frame):
                    if isinstance(told, Ended):
                        self._end(handle, told, heard_s)
                    else:
                        self._take(handle, told)
        except (BrokenPipe, *BROKEN_MESSAGE):
            handle.retiring = handle.retiring or "it said what no child says"
            handle.kill()

    def _take(
        self, handle: ChildHandle, told: Bound | Declined | Logged | TypeRules | Noted | Progressed | Ready
    ) -> None:
        if isinstance(told, Logged):
            self._log(handle, told)
        elif isinstance(told, Noted):
            if (run := handle.runs.get(told.number)) is not None:
                run.context.noted().take(told.usage, told.cpu_s, told.peak_bytes, told.result_ttl_s)
        elif isinstance(told, Bound):
            if (run := handle.runs.get(told.number)) is not None:
                run.context.take_bound(told.fields)
        elif isinstance(told, TypeRules):
            self._rules.learn(told)
        elif isinstance(told, Progressed):
            if (run := handle.runs.get(told.number)) is not None:
                run.context.take_progress(told.progress)
        elif isinstance(told, Ready):
            handle.ready, handle.kill_at_s = True, None
        else:
            self._decline(handle, told)

    def _log(self, handle: ChildHandle, told: Logged) -> None:
        job_id = told.fields.get("job_id") if told.fields else None
        # A handler may log with any time and level.
        with suppress(Exception):
            record = repeat(told)
            for run in handle.runs.values():
                if run.job.id == job_id:
                    keep_record(run, record)

    def _decline(self, handle: ChildHandle, told: Declined) -> None:
        run = handle.runs.pop(told.number, None)
        if run is not None:
            self._backlog.appendleft(run)

    def _end(self, handle: ChildHandle, told: Ended, heard_s: float) -> None:
        run = handle.runs.get(told.number)
        if run is None:
            return
        if run is handle.ending:
            if handle.termed and not _finished_first(run, told):
                # The run ends with the cause of the kill, and only once the child is dead.
                handle.kill_at_s = 0.0
                return
            if not handle.termed:
                handle.spare()
        del handle.runs[told.number]
        if told.duration_s is not None:
            run.started_s = run.started_s or heard_s - told.duration_s
        if told.waits:
            run.written = Receipt(lambda: self._confirm(handle, told.number))
        self._exit_judge.end(run, told.settlement(run.job), at_once=told.waits)


def _finished_first(run: Run, told: Ended) -> bool:
    return run.context.cancel_cause is CancelCause.PERSON and told.ending is Ending.COMPLETED
