"""The state that a job gets when its run ends, for the stores in memory and SQL.

The Redis scripts are tested against these rules.
"""

from __future__ import annotations

from queuetui.model.job import Ending, RunError
from queuetui.model.state import FINAL, State

# A job that lost its worker this often while it was claimed alone is taken to kill its workers.
LOSSES_ALONE = 3
POISON_PILL = "PoisonPill"
LOST = "lost"
TARGETS = {
    Ending.COMPLETED: State.COMPLETED,
    Ending.RETRY: State.RETRYING,
    Ending.FAILED: State.FAILED,
    Ending.SNOOZED: State.SCHEDULED,
    Ending.RELEASED: State.PENDING,
    Ending.CANCELLED: State.CANCELLED,
}
# The endings that count as an attempt, each with the column of the tally that it increments.
FIGURES = {Ending.COMPLETED: "completed", Ending.RETRY: "retried", Ending.FAILED: "failed"}


def target_of(ending: Ending, *, cancel_requested: bool) -> State:
    """Return the state after an ending; a job whose cancellation was requested does not wait again."""
    target = TARGETS[ending]
    return State.CANCELLED if cancel_requested and target not in FINAL else target


def is_poisonous(lost_alone: int, *, claimed_alone: bool, cancel_requested: bool) -> bool:
    """Tell whether a loss quarantines the job, by its count of losses while claimed alone."""
    return claimed_alone and lost_alone >= LOSSES_ALONE and not cancel_requested


def quarantine_error(lost_alone: int) -> RunError:
    """Return the error of a job that is quarantined."""
    message = f"its worker was lost {lost_alone} times while running this job; look at the job, then retry it"
    return RunError(POISON_PILL, message)
