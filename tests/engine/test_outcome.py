"""What the end of a handler means for its job."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import chain

import pytest

from queuetui.engine.outcome import (
    RESULT_CAP_BYTES,
    Cancelled,
    NoHandler,
    RefusedHandler,
    Retry,
    RetryRule,
    Snooze,
    describe_error,
    encode_result,
    settle_raise,
    settle_return,
    settle_timeout,
)
from queuetui.model.backoff import Backoff
from queuetui.model.errors import BadPayload
from queuetui.model.job import ClaimedJob, Ending

NOW = datetime(2030, 1, 1, tzinfo=UTC)
RULE = RetryRule(Backoff(jitter=0.0), 0.5)


def claimed(attempts: int = 0, max_attempts: int = 3) -> ClaimedJob:
    """A job that ended `attempts` runs before this one."""
    return ClaimedJob("id", 1, "type", "queue", b"{}", None, 0, attempts, max_attempts, 0, None, (), None, NOW, NOW)


@pytest.mark.parametrize(
    ("value", "result"),
    [(None, None), (3, b"3"), (0, b"0"), ("", b'""'), ({"a": [1]}, b'{"a":[1]}'), (True, b"true")],
)
def test_what_a_handler_returns_is_its_result(value: object, result: bytes | None) -> None:
    """Anything but False completes the job, zero and empty text too."""
    settled = settle_return(claimed(), value, 0.5, RULE)
    assert (settled.ending, settled.result, settled.duration_s) == (Ending.COMPLETED, result, 0.5)


def test_false_is_a_failure() -> None:
    """A handler that returns False failed, with an error that says so."""
    settled = settle_return(claimed(), False, 0.5, RULE)
    assert settled.ending is Ending.RETRY
    assert settled.error is not None
    assert settled.error.class_name == "ReturnedFalse"


@pytest.mark.parametrize(("attempts", "delay_s"), [(0, 2), (1, 4), (2, 8), (20, 3600)])
def test_failures_back_off_exponentially(attempts: int, delay_s: float) -> None:
    """The delay doubles with every ended attempt, from 2 s to an hour."""
    settled = settle_raise(claimed(attempts, max_attempts=99), ValueError("no"), 0.1, RULE)
    assert (settled.ending, settled.delay_s) == (Ending.RETRY, delay_s)


def test_the_last_attempt_fails_the_job() -> None:
    """After max_attempts the job is a dead letter, with the error's class, message and traceback."""
    try:
        raise ValueError("no")
    except ValueError as error:
        settled = settle_raise(claimed(2), error, 0.1, RULE)
    assert settled.ending is Ending.FAILED
    assert settled.error is not None
    assert (settled.error.class_name, settled.error.message) == ("ValueError", "no")
    assert "ValueError: no" in settled.error.traceback


@pytest.mark.parametrize("error", [RefusedHandler("none"), BadPayload("bad")])
def test_what_no_later_run_could_mend_fails_at_once(error: Exception) -> None:
    """A handler that may not be called and a payload that is not JSON are not tried again."""
    assert settle_raise(claimed(), error, 0.1, RULE).ending is Ending.FAILED


def test_a_type_without_a_handler_is_given_back() -> None:
    """It is no failure of the job, counts no attempt, and says why."""
    settled = settle_raise(claimed(), NoHandler("none here"), 0.1, RULE)
    assert settled.ending is Ending.SNOOZED
    assert settled.error is not None
    assert settled.error.message == "none here"


@pytest.mark.parametrize("settle", [settle_return, settle_raise])
def test_a_retry_names_its_own_time(settle: object) -> None:
    """Retry, raised or returned, counts an attempt and sets when to run again."""
    assert callable(settle)
    by_delay = settle(claimed(), Retry(timedelta(minutes=1), reason="busy"), 0.1, RULE)
    by_time = settle(claimed(), Retry(at=NOW), 0.1, RULE)
    assert (by_delay.ending, by_delay.delay_s, by_delay.error.message) == (Ending.RETRY, 60, "busy")
    assert (by_time.ending, by_time.at) == (Ending.RETRY, NOW)
    assert settle(claimed(), Retry(), 0.1, RULE).delay_s == 2
    assert settle(claimed(2), Retry(5), 0.1, RULE).ending is Ending.FAILED


def test_a_snooze_counts_no_attempt() -> None:
    """Snooze puts the job off even on its last attempt."""
    settled = settle_raise(claimed(2), Snooze(30), 0.1, RULE)
    assert (settled.ending, settled.delay_s, settled.error) == (Ending.SNOOZED, 30, None)
    assert settle_return(claimed(2), Snooze(at=NOW), 0.1, RULE).at == NOW


def test_a_time_without_a_zone_is_refused() -> None:
    """Nobody can tell when a naive time is."""
    with pytest.raises(ValueError, match="has no zone"):
        Retry(at=datetime(2030, 1, 1))  # noqa: DTZ001 - the naive time is the point


def test_a_handler_may_end_itself_as_cancelled() -> None:
    """Raising Cancelled ends the job as cancelled."""
    assert settle_raise(claimed(), Cancelled(), 0.1, RULE).ending is Ending.CANCELLED


def test_a_timeout_is_a_failure_that_names_the_limit() -> None:
    """A run over its limit is tried again, or failed when it was the last."""
    settled = settle_timeout(claimed(), 2.5, 3.0, RULE)
    assert (settled.ending, settled.error and settled.error.class_name) == (Ending.RETRY, "Timeout")
    assert "2.5 s" in (settled.error.message if settled.error else "")
    assert settle_timeout(claimed(2), 2.5, 3.0, RULE).ending is Ending.FAILED


def test_a_timeout_tells_what_became_of_the_run() -> None:
    """A killed run is not said to go on, as one in a thread may."""
    ended, unheard = (settle_timeout(claimed(), 2.5, 3.0, RULE, killed=killed).error for killed in (True, False))
    assert "its process was ended" in (ended.message if ended else "")
    assert "what it does after that is refused" in (unheard.message if unheard else "")


@pytest.mark.parametrize("value", [float("nan"), {1, 2}, object(), NOW])
def test_a_result_that_is_not_json_is_kept_as_text(value: object) -> None:
    """The work is done: a result that JSON cannot hold does not fail the job."""
    assert settle_return(claimed(), value, 0.1, RULE).ending is Ending.COMPLETED
    assert (encode_result(value) or b"").startswith(b'"')


async def _nothing() -> None:
    return None


UNDONE: dict[str, Callable[[], object]] = {
    "set": lambda: {_nothing()},
    "values of a dict": lambda: [{"a": _nothing()}.values()],
    "beside NaN": lambda: {"mean": float("nan"), "sent": [_nothing()]},
    "key that is no text": lambda: {(1, 2): _nothing()},
    "key itself": lambda: {(_nothing(),): 1},
    "dataclass": lambda: replace(RULE, backoff=_nothing()),  # type: ignore[arg-type]  # what is refused
    "chain": lambda: chain([1]),
    "zip": lambda: [zip([1], [2], strict=True)],
    "future": lambda: [Future()],
}


@pytest.mark.parametrize("make", UNDONE.values(), ids=UNDONE)
def test_a_result_that_nobody_has_done_is_a_failure(make: Callable[[], object]) -> None:
    """Wherever work that nobody does is in a result, also where JSON cannot follow, the job is not said to be completed."""
    settled = settle_return(claimed(), make(), 0.1, RULE)
    assert (settled.ending, settled.error and settled.error.class_name) == (Ending.FAILED, "ReturnedGenerator")


def test_a_result_that_holds_itself_or_a_done_future_is_kept() -> None:
    """Looking for undone work comes to an end, and what is done is done."""
    done: Future[int] = Future()
    done.set_result(1)
    endless: list[object] = [float("nan"), done]
    endless.append(endless)
    assert settle_return(claimed(), endless, 0.1, RULE).ending is Ending.COMPLETED


def test_a_result_too_large_to_keep_leaves_a_note() -> None:
    """The work is done: a result over the limit is replaced by what it was, and the job is completed."""
    settled = settle_return(claimed(), "x" * RESULT_CAP_BYTES, 0.1, RULE)
    assert settled.ending is Ending.COMPLETED
    assert (settled.result or b"").startswith(b'"the result of 16.0 MB is not kept')


class Hostile(Exception):
    """An exception whose text raises."""

    def __str__(self) -> str:
        raise RuntimeError("no text")


def test_an_exception_that_cannot_be_written_is_still_described() -> None:
    """An error's own methods may raise: the class is told anyway."""
    described = describe_error(Hostile())
    assert described.class_name.endswith("Hostile")
    assert "RuntimeError" in described.message


def test_long_errors_are_cut() -> None:
    """A message of megabytes is cut before it reaches the store."""
    assert len(describe_error(ValueError("x" * 10_000_000)).message) == 8192
