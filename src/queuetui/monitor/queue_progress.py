"""Reads the progress of the queue of one job that has been due for long."""

from __future__ import annotations

from datetime import datetime, timedelta

from queuetui.backends.base import Inspector
from queuetui.model.errors import QueueTuiError
from queuetui.model.filter_text import quote_value
from queuetui.model.job import Job
from queuetui.model.limits import Limits
from queuetui.model.measured import Exactness, Measured
from queuetui.model.page import Handling, PageRequest
from queuetui.model.query_parser import parse_query
from queuetui.model.rates import RATE_MINUTES
from queuetui.model.state import State
from queuetui.model.stuck import due_since, is_due, is_overdue
from queuetui.model.text import Untrusted
from queuetui.monitor.diagnosis.facts import Facts, QueueProgress


def is_late(job: Job, facts: Facts) -> bool:
    """Tell whether a job has been due for so long that the progress of its queue is worth reading."""
    if not facts.capabilities.native:
        return is_overdue(job, facts.now, facts.limits)
    return is_due(job, facts.now) and facts.wait_s(job) > facts.limits.stuck_after_s


def read_progress(inspector: Inspector, job: Job, now: datetime, limits: Limits) -> QueueProgress:
    """Count the jobs of the queue that are due before a job, that run, and that ended lately.

    A count that cannot be read is None.
    """
    due_at = due_since(job)
    kept = inspector.capabilities.keeps
    since = now - timedelta(minutes=RATE_MINUTES)
    ended = [state.value for state in (State.COMPLETED, State.FAILED) if state in kept]

    of_queue = term_of_queue(inspector, job.queue)

    def count(terms: str) -> Measured[int] | None:
        try:
            request = PageRequest(parse_query(f"{of_queue} {terms}"), 1)
            total = inspector.page(request, limits).total
        except QueueTuiError:
            return None
        return None if total.value is None or total.exactness is Exactness.ABSENT else total

    by = "created" if job.scheduled_at is None else "scheduled"
    return QueueProgress(
        ahead=None if due_at is None else count(f"state:pending {by}<{due_at.isoformat()}"),
        outranking=count(f"state:pending priority>{job.priority}") if _is_outranked(inspector, job) else None,
        running=count("state:processing"),
        ended=count(f"state:{','.join(ended)} completed>{since.isoformat()}") if ended else None,
        tells_completed=State.COMPLETED in kept,
    )


def term_of_queue(inspector: Inspector, queue: Untrusted) -> str:
    """Return the filter term that names a queue; empty for a product that has a single queue."""
    term = f"queue:{quote_value(queue.raw)}"
    is_refused = any(one.handling is Handling.REFUSED for one in inspector.plan(parse_query(term)))
    return "" if is_refused else term


def _is_outranked(inspector: Inspector, job: Job) -> bool:
    """Tell whether jobs of a higher priority are taken before a job.

    They are in our own queue; of other products it is not known.
    """
    return inspector.capabilities.native and job.priority is not None
