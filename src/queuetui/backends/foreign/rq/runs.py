"""How often RQ has run a job, of which it keeps no count."""

from __future__ import annotations

from collections.abc import Mapping

from queuetui.backends.payloads.stored_values import list_of
from queuetui.model.state import State


def count_runs(values: Mapping[str, str], kept: int, state: State) -> tuple[int, int | None, bool]:
    """Return the runs begun, those that may follow (RQ leaves out the one due), and if these are known."""
    counted = values["number_of_retries"]
    left = int(values["retries_left"]) if values["retries_left"].isdecimal() else None
    intervals = list_of(values["retry_intervals"])
    has_run = int(bool(values["started_at"]) and state is not State.PROCESSING) or int(kept > 0)
    retried, is_sure = int(counted) if counted.isdecimal() else 0, True
    if left is not None and not retried:
        # One interval may stand for any number of retries; a list has one for each.
        is_sure = len(intervals) > 1 and len(intervals) >= left
        retried = len(intervals) - left if is_sure else int(left == 0)
    ended = state in (State.FAILED, State.COMPLETED)
    runs = max(kept, has_run, retried + int(ended))
    running = int(state is State.PROCESSING)
    return runs + running, left if left is None or ended else left + 1 - running, is_sure
