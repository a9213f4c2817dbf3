"""What `@job` takes, and what it says about the rest."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from queuetui.model.backoff import Backoff
from queuetui.model.declaration import declared_handler, declared_schedules, declared_type, job
from queuetui.model.errors import Conflict
from queuetui.model.names import shown

SPANS: tuple[Any, ...] = ("60", "soon", -5, True, float("nan"), float("inf"), Decimal(5), timedelta(-1), [], b"5")
LIMITS = (*SPANS, 0, timedelta(), 1e-9)


def name_of(value: object) -> str:
    """Return what a case is called: the same in each process, so without the address of a function."""
    return re.sub(r" at 0x\w+", "", ascii(shown(value)))


@pytest.mark.parametrize(
    ("rules", "wanted"),
    [
        *[({"backoff": one}, "Backoff") for one in (5, "soon", timedelta(5), lambda n: n, Backoff, [1, 2])],
        *[({name: span}, name) for name in ("timeout", "hard_timeout") for span in LIMITS],
        *[({"result_ttl": span}, "result_ttl") for span in SPANS],
        *[({"every": span}, "every") for span in (*LIMITS, 1.5)],
        *[({"max_attempts": one}, "max_attempts") for one in (0, -1, 1.5, True, "3", 2**31)],
        *[({"queue": one}, "queue") for one in ("", " ", "a,b", "ma*", "a\nb", 5, b"mail", ["mail"])],
        *[({"ack": one}, "'batch' or 'each'") for one in ("all", True, None)],
        *[({name: one}, name) for name in ("overlap", "measure") for one in (1, "no", None)],
        *[({"cron": one}, "cron") for one in (5, "", ["* * * * *"])],
        ({"every": 5, "cron": "* * * * *"}, "exclude"),
        ({"timeout": 5, "hard_timeout": 5}, "exclude"),
        ({"cron": "* * * * *", "tz": 5}, "tz"),
        ({"job_type": ""}, "empty"),
        ({"job_type": 5}, "type of a job"),
    ],
    ids=name_of,
)
def test_a_rule_that_cannot_hold_is_refused(rules: dict[str, Any], wanted: str) -> None:
    """Each rule is checked where it is declared, and the message names it and says what to give."""
    with pytest.raises((TypeError, ValueError), match=wanted):
        job(**rules)


@pytest.mark.parametrize(
    "rules", [{"base_s": "1"}, {"cap_s": -1}, {"jitter": 2}, {"jitter": "0"}, {"base_s": float("nan")}]
)
def test_a_backoff_that_cannot_hold_is_refused(rules: dict[str, Any]) -> None:
    """A back-off is checked when it is made."""
    with pytest.raises((TypeError, ValueError), match=f"the {next(iter(rules))} of a back-off"):
        Backoff(**rules)


def test_a_timedelta_is_taken_wherever_a_duration_is() -> None:
    """Limits, results' lives, recurrences and back-offs are given in seconds or as a timedelta."""
    minute = timedelta(minutes=1)

    @job("declared.durations", timeout=minute, result_ttl=minute, every=minute, backoff=Backoff(minute, timedelta(1)))
    def run() -> None:
        """A handler."""

    declared = declared_type("declared.durations")
    assert declared is not None
    assert (declared.timeout_s, declared.result_ttl_s, declared.backoff) == (60, 60, Backoff(60, 86_400))
    assert [one.timing.every_s for one in declared_schedules() if one.name == declared.type] == [60]
    assert declared_handler(run) is declared


def steps(payload: object) -> Iterator[object]:
    """A generator."""
    yield payload


async def async_steps(payload: object) -> AsyncIterator[object]:
    """An async generator."""
    yield payload


class Steps:
    """A handler class whose method is a generator."""

    def handle(self, payload: object) -> Iterator[object]:
        """Yield."""
        yield payload


class Stepping:
    """An object that is called, and then yields; it cannot be hashed either."""

    def __eq__(self, other: object) -> bool:
        return self is other

    __hash__ = None  # type: ignore[assignment]  # what is tested

    def __call__(self, payload: object) -> Iterator[object]:
        """Yield."""
        yield payload


@pytest.mark.parametrize(
    "handler",
    [steps, async_steps, Steps, Stepping(), Steps().handle, partial(steps, 1), partial(partial(async_steps), 1)],
)
def test_a_generator_is_refused(handler: Callable[..., Any]) -> None:
    """Nothing would run it to its end, so it is refused with what to write instead."""
    with pytest.raises(TypeError, match=r"generator function.*without yield"):
        job("declared.generator")(handler)


@pytest.mark.parametrize(
    "handler", [None, 5, "send", object(), type("NoHandle", (), {}), type("Odd", (), {"handle": 5})]
)
def test_what_cannot_be_called_is_no_handler(handler: Any) -> None:
    """A handler is a function, or a class with `handle`."""
    with pytest.raises(TypeError, match="no handler"):
        job("declared.nothing")(handler)


class Unhashable:
    """An object that is called and cannot be hashed."""

    __hash__ = None  # type: ignore[assignment]  # what is tested

    def __call__(self, payload: object) -> object:
        """Give back the payload."""
        return payload


@pytest.mark.parametrize("handler", [partial(print), Unhashable(), lambda payload: payload])
def test_a_handler_without_a_name_needs_a_type(handler: Callable[..., Any]) -> None:
    """A partial, an object and a lambda are declared under a type, and refused without one."""
    with pytest.raises(TypeError, match="give its job type"):
        job()(handler)
    name = f"declared.{id(handler)}"
    assert job(name)(handler) is handler
    declared = declared_type(name)
    assert declared is not None
    assert declared.handler is handler


def test_another_partial_of_one_type_is_a_conflict() -> None:
    """Partials of one function are one handler, as its module may be loaded again; of another function they are not."""
    job("declared.partial")(partial(print, 1))
    job("declared.partial")(partial(print, 2))
    with pytest.raises(Conflict):
        job("declared.partial")(partial(sorted))
