"""Decides the ending of a job from what its handler returned or raised."""

from __future__ import annotations

import json
import traceback
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import TracebackType

from queuetui.engine.undone import Undone, refuse_undone
from queuetui.model.backoff import Backoff
from queuetui.model.duration import read_span_s
from queuetui.model.errors import BadPayload
from queuetui.model.job import ClaimedJob, Ending, RunError, Settlement
from queuetui.model.job_rules import read_due_time
from queuetui.model.names import shown

RESULT_CAP_BYTES = 16_000_000
MESSAGE_CAP_CHARS = 8 * 1024
TRACEBACK_CAP_CHARS = 64 * 1024
CLASS_CAP_CHARS = 500
RETURNED_LAZY = "ReturnedGenerator"
BAD_ENDING = "BadEnding"
WORKER_MODULES = ("queuetui.engine.", "asyncio.", "concurrent.futures.")
RETURNED_FALSE = RunError("ReturnedFalse", "the handler returned False")


class _Postponement(Exception):
    """A run asks to be postponed; `delay` is seconds or a timedelta, `at` an aware time."""

    def __init__(self, delay: float | timedelta | None = None, *, at: datetime | None = None, reason: str = "") -> None:
        """Take when to run again; raises TypeError or ValueError for no duration, aware time or text."""
        super().__init__(reason)
        if not isinstance(reason, str):
            raise TypeError(f"the reason is {shown(reason)}; give a text")
        if delay is not None and at is not None:
            raise ValueError("delay and at exclude each other; give one")
        self.delay_s = None if delay is None else read_span_s(delay, "the delay")
        self.at = None if at is None else read_due_time(at)
        self.reason = reason


class Retry(_Postponement):
    """Raise or return it when this attempt failed: the job runs again then, or after the type's back-off.

    It counts as an attempt, so at the last attempt the job fails.
    """


class Snooze(_Postponement):
    """Raise or return it to run the job again then, or at once, without counting an attempt."""


class NoHandler(Exception):
    """The worker knows no handler for a job's type; another may."""


class RefusedHandler(Exception):
    """A type's handler cannot be called, or this worker was told not to run it."""


class Cancelled(Exception):
    """Raise it to end a run that a person asked to cancel."""


class ReportedFailure(Exception):
    """A failed run of a built-in handler; `account` is kept in place of a traceback."""

    def __init__(self, class_name: str, message: str, account: str) -> None:
        super().__init__(message)
        self.class_name = class_name
        self.account = account


@dataclass(frozen=True, slots=True)
class RetryRule:
    """When a failed run of a type is tried again; `chance` in [0, 1) varies the delay within `jitter`."""

    backoff: Backoff
    chance: float
    jitter: float | None = None

    def delay_s(self, ended_attempts: int) -> float:
        """Return the delay after a number of ended attempts; a custom back-off may raise or return anything."""
        backoff = self.backoff
        if self.jitter is not None:
            backoff = Backoff(backoff.base_s, backoff.cap_s, self.jitter)
        return read_span_s(backoff.delay_s(ended_attempts, self.chance), "the delay of the back-off")


def settle_return(job: ClaimedJob, value: object, duration_s: float, rule: RetryRule) -> Settlement:
    """Return the ending of a run that returned `value`: False is a failure, else it is the result.

    A generator, a coroutine or an unfinished task, also within a list, fails at once: a retry would return the same.
    """
    if value is False:
        return _settle_failure(job, RETURNED_FALSE, duration_s, rule)
    if isinstance(value, type) and issubclass(value, _Postponement):
        value = value()
    if isinstance(value, _Postponement):
        return _settle_postponement(job, value, duration_s, rule)
    try:
        result = encode_result(value)
    except Undone as undone:
        error = RunError(RETURNED_LAZY, str(undone))
        return Settlement(job.id, job.fence, job.type, Ending.FAILED, duration_s, error=error)
    return Settlement(job.id, job.fence, job.type, Ending.COMPLETED, duration_s, result=result)


def settle_raise(job: ClaimedJob, error: BaseException, duration_s: float, rule: RetryRule) -> Settlement:
    """Return the ending of a run whose handler raised: tried again until its attempts are used up.

    A payload that is not JSON fails at once: a retry could not succeed. A job without a handler is released, with the reason.
    """
    if isinstance(error, _Postponement):
        return _settle_postponement(job, error, duration_s, rule)
    if isinstance(error, Cancelled):
        return settle_cancelled(job, duration_s)
    described = describe_error(error)
    if isinstance(error, NoHandler):
        return Settlement(job.id, job.fence, job.type, Ending.SNOOZED, duration_s, error=described)
    if isinstance(error, RefusedHandler | BadPayload):
        return Settlement(job.id, job.fence, job.type, Ending.FAILED, duration_s, error=described)
    return _settle_failure(job, described, duration_s, rule)


def settle_timeout(
    job: ClaimedJob, limit_s: float, duration_s: float, rule: RetryRule, *, killed: bool = False
) -> Settlement:
    """Return the ending of a run that exceeded its limit, and was killed or has its result refused."""
    fate = "its process was ended" if killed else "what it does after that is refused"
    error = RunError("Timeout", f"the run was longer than its limit of {limit_s:g} s; {fate}")
    return _settle_failure(job, error, duration_s, rule)


def settle_cancelled(job: ClaimedJob, duration_s: float | None) -> Settlement:
    """Return the ending of a run that ended for a cancel request."""
    return Settlement(job.id, job.fence, job.type, Ending.CANCELLED, duration_s)


def settle_lost(job: ClaimedJob, how: str, duration_s: float) -> Settlement:
    """Return the ending of a run whose process died; how much of its work was done is unknown."""
    return Settlement(job.id, job.fence, job.type, Ending.LOST, duration_s, error=RunError("ProcessDied", how))


def settle_given_up(job: ClaimedJob, duration_s: float | None) -> Settlement:
    """Return the ending of a run whose lease its worker gave up while the handler was at work."""
    error = RunError(
        "LeaseGivenUp", "no renewal was completed in time; what the handler returned after that is refused"
    )
    return Settlement(job.id, job.fence, job.type, Ending.LOST, duration_s, error=error)


def settle_released(job: ClaimedJob) -> Settlement:
    """Return the ending of a claim whose handler never began."""
    return Settlement(job.id, job.fence, job.type, Ending.RELEASED)


def _settle_postponement(job: ClaimedJob, wish: _Postponement, duration_s: float, rule: RetryRule) -> Settlement:
    # Checked again: a handler may have changed the attributes since.
    delay_s = None if wish.delay_s is None else read_span_s(wish.delay_s, "the delay")
    at = None if wish.at is None else read_due_time(wish.at)
    if isinstance(wish, Snooze):
        settled = Settlement(job.id, job.fence, job.type, Ending.SNOOZED, duration_s)
        return settled._replace(delay_s=delay_s or 0.0, at=at)
    error = RunError("Retry", _text_of(wish.reason)[:MESSAGE_CAP_CHARS] or "the handler asked to be run again")
    settled = _settle_failure(job, error, duration_s, rule)
    if settled.ending is Ending.FAILED or (at is None and delay_s is None):
        return settled
    return settled._replace(delay_s=delay_s or 0.0, at=at)


def settle_unsettled(job: ClaimedJob, broken: BaseException, duration_s: float | None) -> Settlement:
    """Return the failure of a run whose real ending could not be made or written; a retry would end alike."""
    name, text = _name_of(broken), _text_of(broken)
    message = f"the ending that this run asked for cannot be kept: {name}: {text}"
    error = RunError(BAD_ENDING, message[:MESSAGE_CAP_CHARS], _trace(broken)[-TRACEBACK_CAP_CHARS:])
    return Settlement(job.id, job.fence, job.type, Ending.FAILED, duration_s, error=error)


def _settle_failure(job: ClaimedJob, error: RunError, duration_s: float, rule: RetryRule) -> Settlement:
    ended = job.attempts + 1
    if ended >= job.max_attempts:
        return Settlement(job.id, job.fence, job.type, Ending.FAILED, duration_s, error=error)
    try:
        delay_s = rule.delay_s(ended)
    except BaseException as broken:  # noqa: BLE001 - an application's own back-off may raise anything
        delay_s = Backoff().delay_s(ended, rule.chance)
        told = f"the back-off failed, the usual one holds: {_name_of(broken)}: {_text_of(broken)}"
        error = replace(error, traceback=f"{error.traceback}\n{told[:MESSAGE_CAP_CHARS]}".strip())
    return Settlement(job.id, job.fence, job.type, Ending.RETRY, duration_s, error=error, delay_s=delay_s)


def encode_result(value: object) -> bytes | None:
    """Return a result as JSON, None for None; a value that JSON cannot hold is kept as text, or as a note.

    Raises Undone for a generator, a coroutine or an unfinished task anywhere in it.
    """
    if value is None:
        return None
    try:
        encoded = json.dumps(value, allow_nan=False, separators=(",", ":"), default=_text_of_done).encode()
    except Exception:  # noqa: BLE001 - a value's own methods may raise anything
        encoded = json.dumps(_text_of_done(value)).encode()
    if len(encoded) <= RESULT_CAP_BYTES:
        return encoded
    held_mb = RESULT_CAP_BYTES / 1e6
    return json.dumps(
        f"the result of {len(encoded) / 1e6:.1f} MB is not kept: a job's result holds at most {held_mb:.0f} MB"
    ).encode()


def _text_of_done(value: object) -> str:
    """Return a part of a result as text; raises Undone."""
    refuse_undone(value)
    return _text_of(value)


def describe_error(error: BaseException) -> RunError:
    """Return an exception as plain text, even if its own methods raise."""
    if isinstance(error, ReportedFailure):
        return RunError(error.class_name, _text_of(error)[:MESSAGE_CAP_CHARS], error.account)
    return RunError(_name_of(error), _text_of(error)[:MESSAGE_CAP_CHARS], _trace(error)[-TRACEBACK_CAP_CHARS:])


def _name_of(value: object) -> str:
    try:
        kind = type(value)
        is_plain = kind.__module__ in ("builtins", __name__)
        return _plain(kind.__qualname__ if is_plain else f"{kind.__module__}.{kind.__qualname__}")[:CLASS_CAP_CHARS]
    except BaseException:  # noqa: BLE001 - the name of a class may be anything
        return "a class without a name"


def _trace(error: BaseException) -> str:
    try:
        return "".join(traceback.format_exception(type(error), error, handler_frames(error)))
    except BaseException as broken:  # noqa: BLE001 - an exception's own methods may raise anything
        return f"the traceback could not be written: {_name_of(broken)}"


def handler_frames(error: BaseException) -> TracebackType | None:
    """Return the traceback from the handler's frame on, without the frames of the worker."""
    frames = error.__traceback__
    while frames is not None and str(frames.tb_frame.f_globals.get("__name__")).startswith(WORKER_MODULES):
        frames = frames.tb_next
    return frames


def _text_of(value: object) -> str:
    try:
        return _plain(str(value))
    except BaseException as broken:  # noqa: BLE001 - an object's own methods may raise anything
        return f"<{_name_of(value)} whose text could not be read: {_name_of(broken)}>"


def _plain(text: str) -> str:
    """Return a plain str in place of an instance of a subclass, whose methods may misbehave."""
    return str.__str__(text)
