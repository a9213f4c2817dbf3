"""Writes a batch, and its items one by one if that fails, so that a bad item does not block the rest."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from queuetui.engine.held import RunEnding
from queuetui.engine.logs import log_event
from queuetui.engine.outcome import settle_unsettled
from queuetui.engine.store_health import STORE_TROUBLE

if TYPE_CHECKING:
    from queuetui.backends.base import JobStore, Step

Item = TypeVar("Item")


def write_apart(write: Callable[[Sequence[Item]], object], items: Sequence[Item], what: str) -> None:
    """Write items in one batch; if that fails, write them one by one and drop those that fail again."""
    try:
        write(items)
    except STORE_TROUBLE:
        raise
    except Exception as error:  # noqa: BLE001 - a handler may have reported anything
        if len(items) == 1:
            log_event("dropped", logging.ERROR, what=what, error_class=type(error).__name__, error=str(error))
            return
        for item in items:
            write_apart(write, (item,), what)


def settle_apart(store: JobStore, lease_id: str, ended: RunEnding) -> tuple[RunEnding, Step | None]:
    """Write one ending, or a failure if the store refuses it; the step is None if it refuses both."""
    try:
        return ended, store.step(lease_id, [ended.settlement], 0)
    except STORE_TROUBLE:
        raise
    except Exception as error:  # noqa: BLE001 - a handler may have returned anything
        log_event("ending_unwritable", logging.ERROR, **ended.run.facts, error_class=type(error).__name__)
        failed = RunEnding(ended.run, settle_unsettled(ended.run.job, error, None))
    try:
        return failed, store.step(lease_id, [failed.settlement], 0)
    except STORE_TROUBLE:
        raise
    except Exception:  # noqa: BLE001 - the store refuses every ending of this job
        return failed, None
