"""The changes that programs make to jobs and queues, recorded in the same way as those of people."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from queuetui.model.act import Outcome, Result, Verb
from queuetui.model.duration import read_span_s
from queuetui.model.errors import Conflict, NotFound
from queuetui.model.names import read_filter, read_many, read_queue, read_text
from queuetui.model.query_parser import parse_query

if TYPE_CHECKING:
    from queuetui.backends.backend import NativeBackend
    from queuetui.model.limits import Limits
    from queuetui.operate.manifest import Manifest
    from queuetui.operate.operations import Operations
    from queuetui.operate.report import Report

TRIES_AGAINST_MOVING_JOBS = 5
DAY_S = 86_400.0
BULK_VERBS = (Verb.RETRY, Verb.CANCEL, Verb.DELETE, Verb.RELEASE)


def program_name() -> str:
    """Return the name of the running program."""
    return Path(sys.argv[0]).name if sys.argv and sys.argv[0] not in {"", "-c"} else "python"


class QueueActs:
    """The acts of a program; each is recorded before it is done, under the program's name.

    The record is the same as that of people's acts. If it cannot be written, Denied is raised and nothing is changed.
    """

    _backend: NativeBackend
    _limits: Limits
    _program: str

    def cancel(self, job_id: str) -> Result:
        """Cancel a waiting job at once, or request that a running one ends; raises NotFound."""
        return self._act(Verb.CANCEL, job_id)

    def retry(self, job_id: str) -> Result:
        """Make a job pending again, due now and with its attempts reset; raises NotFound."""
        return self._act(Verb.RETRY, job_id)

    def release(self, job_id: str) -> Result:
        """Give a job whose worker is gone back to its queue; raises NotFound."""
        return self._act(Verb.RELEASE, job_id)

    def delete(self, job_id: str) -> Result:
        """Delete a job that no worker holds; raises NotFound."""
        return self._act(Verb.DELETE, job_id)

    def bulk(self, verb: str, filter_text: str = "", *, ids: Iterable[str] | None = None, reason: str = "") -> Report:
        """Retry, cancel, delete or release all jobs that match a filter, or the jobs with the full `ids`.

        A retry by a filter leaves completed jobs out unless it names `state:completed` or an id.
        The report has a result for each job; ids without a job are its `missing`.
        Raises BadQuery, ValueError for another verb, and Conflict unless either a filter or ids are given.
        """
        wanted = Verb(verb)
        if wanted not in BULK_VERBS:
            raise ValueError(f"{verb!r} is not done to many jobs; give one of {', '.join(BULK_VERBS)}")
        filter_text = read_filter(filter_text)
        if bool(filter_text.strip()) == (ids is not None):
            raise Conflict("say which jobs: either a filter, such as queue:* for all, or ids, and not both")
        operations = self._operations()
        if ids is None:
            return _unless_interrupted(
                operations.perform(operations.prepare_matching(wanted, parse_query(filter_text)), reason)
            )
        chosen = [read_text(one, "the id of a job") for one in read_many(ids, "ids")]
        return _unless_interrupted(operations.perform(operations.prepare_ids(wanted, chosen), reason))

    def cleanup(self, days: float | timedelta, states: Iterable[str] | None = None) -> Report:
        """Delete jobs that ended more than so many days ago.

        Only completed and cancelled jobs are deleted unless `states` are given. Raises ValueError for a negative age.
        """
        operations = self._operations()
        chosen = None if states is None else [read_text(one, "a state") for one in read_many(states, "states")]
        return _unless_interrupted(operations.perform(operations.prepare_cleanup(chosen, _age_s(days))))

    def pause(self, queue: str, reason: str = "") -> None:
        """Let no worker claim jobs of a queue; running jobs go on.

        Raises ValueError for an invalid queue name.
        """
        self._operations().set_paused(read_queue(queue), paused=True, reason=reason)

    def resume(self, queue: str, reason: str = "") -> None:
        """Let workers claim jobs of a queue again."""
        self._operations().set_paused(read_text(queue, "the queue"), paused=False, reason=reason)

    def _drop_schedule(self, name: str) -> None:
        """Remove a schedule in its current revision, and try again if it is edited meanwhile; raises NotFound."""
        schedules = self._operations().schedules
        for _ in range(TRIES_AGAINST_MOVING_JOBS):
            if schedules.remove(name).results[0].outcome is Outcome.DONE:
                return
        raise Conflict(f"the schedule {name!r} is changed by others all the time; try again")

    def _act(self, verb: Verb, job_id: str) -> Result:
        """Act on a job in its current state; a job that changes between read and act is read again."""
        operations, job_id = self._operations(), read_text(job_id, "the id of a job")
        for _ in range(TRIES_AGAINST_MOVING_JOBS - 1):
            manifest = operations.prepare_ids(verb, [job_id])
            result = _one_result(operations, manifest, job_id)
            moved = result.state_now is not None and result.state_now is not manifest.jobs[0].state
            if result.outcome is not Outcome.SKIPPED or not moved:
                return result
        return _one_result(operations, operations.prepare_ids(verb, [job_id]), job_id)

    def _operations(self) -> Operations:
        # Imported here, so that programs that only enqueue do not load it.
        from queuetui.config.paths import state_folder
        from queuetui.operate.authority import Authority
        from queuetui.operate.journal import Journal
        from queuetui.operate.operations import Operations
        from queuetui.operate.rights import Right

        folder = state_folder()
        label = self._backend.inspector.capabilities.label
        journal = Journal(None if folder is None else folder / "acts.jsonl", f"{self._program} ({label})")
        actor = f"{self._program} (program on {socket.gethostname()}/{os.getpid()})"
        return Operations(self._backend, Authority(Right.ADMIN, actor, journal, None), self._limits)


def _unless_interrupted(report: Report) -> Report:
    """Return the report; raises KeyboardInterrupt with what it tells where Ctrl-C ended the act."""
    if report.is_interrupted:
        raise KeyboardInterrupt("; ".join(report.lines()))
    return report


def _age_s(days: float | timedelta) -> float:
    if isinstance(days, timedelta):
        return read_span_s(days, "the age")
    # The number of days is checked too, as a huge one would overflow in the multiplication.
    return read_span_s(read_span_s(days, "days") * DAY_S, "the age")


def _one_result(operations: Operations, manifest: Manifest, job_id: str) -> Result:
    """Perform a prepared act on one job and return its result; raises NotFound."""
    if manifest.missing:
        raise NotFound(f"no job has the id {job_id!r}; it was never stored, or it is deleted")
    if manifest.different:
        ((job, why),) = manifest.different
        return Result(job.ref, Outcome.SKIPPED, job.state, why)
    return operations.perform(manifest).results[0]
