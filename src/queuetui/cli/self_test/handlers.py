"""The handlers of a self-test, which only end as expected."""

from __future__ import annotations

from queuetui import Backoff, Context, job

SUCCEED = "queuetui.self_test.succeed"
FAIL = "queuetui.self_test.fail"
RETRY = "queuetui.self_test.retry"
# The prefix of the type whose dry handler is run.
DRY = "queuetui.self_test.dry"
_AT_ONCE = Backoff(base_s=0.1, cap_s=0.1, jitter=0)


@job(SUCCEED)
def succeed(payload: dict[str, int], context: Context) -> dict[str, int]:
    """Complete with the payload as the result."""
    return {"number": payload.get("number", 0), "attempt": context.attempt}


@job(FAIL, max_attempts=1)
def fail() -> None:
    """Fail for good."""
    message = "this failure was asked for by queuetui doctor --self-test"
    raise RuntimeError(message)


@job(RETRY, max_attempts=3, backoff=_AT_ONCE)
def fail_once(payload: dict[str, int], context: Context) -> dict[str, int]:
    """Fail at the first attempt and complete at the second."""
    if context.attempt == 1:
        message = "this first failure was asked for by queuetui doctor --self-test"
        raise RuntimeError(message)
    return {"number": payload.get("number", 0), "attempt": context.attempt}
