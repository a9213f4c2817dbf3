"""What is told of Celery's tasks, and of what cannot be done to them."""

from __future__ import annotations

from datetime import datetime

from queuetui.backends.payloads.celery_result import CeleryResult
from queuetui.backends.payloads.kombu_message import KombuMessage
from queuetui.backends.payloads.stored_values import time_of
from queuetui.backends.reading.usual_lacks import usual_reasons
from queuetui.model.act import Verb
from queuetui.model.state import WAITING, State


def remarks_of(
    message: KombuMessage | None, result: CeleryResult, state: State, problem: str, now: datetime, *, is_held: bool
) -> tuple[str, ...]:
    """Return what to know of a task."""
    headers = message.headers if message else {}
    expires, is_gone, is_run = time_of(str(headers.get("expires"))), message is None, state is State.PROCESSING
    told = (
        (problem, f"its arguments cannot be read here: {problem}"),
        (is_gone and not result.status, "its result cannot be read here, so how it ended is not known"),
        (is_run and result.returned, "when it began is not stored: it told of itself when it is shown as taken"),
        (is_gone and is_run, "its message is gone: if its worker was killed, it is lost, and nothing else runs it"),
        (is_gone and result.call is None, UNNAMED),
        (is_gone and result.retries is None and result.has_run, UNCOUNTED),
        (is_gone and result.is_unrun, UNRUN),
        (is_held and not is_run, HELD),
        (headers.get("ignore_result"), "ignore_result: Celery keeps nothing of it once it has ended"),
        (is_held and is_run and not result.is_run, "a worker holds it; whether it runs yet is not stored: at least these attempts"),
        (state is State.PENDING and not headers.get("eta"), "since when it waits is not stored"),
        (state is State.RETRYING and result.error is None, "its last error is not stored here"),
        (state in WAITING and expires and expires <= now, "its time to be run is over: a worker that takes it revokes it"),
        (state in WAITING and headers.get("redelivered"), "a worker had it before and gave it back or died; Celery does not count that"),
    )  # fmt: skip
    return tuple(remark for holds, remark in told if holds)


NO_RESULTS = "no results are in this database: name theirs behind the URL to see them, as ?beside=redis://HOST/1"
UNNAMED = "its name and arguments are not stored: turn result_extended on to see them"
UNCOUNTED = "Celery stored no count of its attempts: at least one"
UNRUN = "no worker ran it: Celery fails the rest of a chain and the body of a chord in which a task failed; its queue is not stored"
UNREADABLE = "its message cannot be read: it is none of a task"
HELD = "a worker holds its message: Celery itself gives it back once it was held for the visibility timeout"
MAY_RUN = "its message is gone and its worker may still run it: it is sent anew only once it is over its limit"
NO_CALL = "its name and arguments are not stored with its result as JSON, so there is nothing to send: turn result_extended on"
NO_QUEUE = "to which queue its routing key leads is not stored; name the queue in the setting celery.queues"
OLD_PROTOCOL = "its message is of Celery's first protocol, which is not written here"
ODD_NUMBER = "it holds a value that JSON cannot carry, so it cannot be written again"
TWICE = "if its worker still lives, the task runs twice"
CALLED_ALONE = "its callbacks, chain and chord are not stored: the task alone runs again, with tuples as lists"
REASONS = usual_reasons(
    "Celery", pauses="Celery stores no pauses: celery control cancel_consumer QUEUE tells live workers alone",
    schedules="Celery's schedules are in its beat's own file or tables", events="Celery's events are sent to who listens, and not stored",
    workers="Celery's workers leave no registrations that could be cleaned",
    limits="Celery's rates are set in the application's code or told to live workers",
)  # fmt: skip
WARNINGS = {
    Verb.RETRY: CALLED_ALONE, Verb.CANCEL: "for what a worker holds: celery control revoke ID, which live workers alone remember",
    Verb.DELETE: "Celery keeps no copy of a deleted message or result",
}  # fmt: skip
