"""Which error a Python traceback tells of: tracebacks of real exceptions, read back from their text."""

from __future__ import annotations

import traceback
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queuetui.backends.payloads.python_traceback import read_traceback, read_traceback_or_repr

_INNER = 'Traceback (most recent call last):\n  File "a.py", line 1, in f\nKeyError: 1'


class OddError(Exception):
    """An error of one's own."""


def _of(error: BaseException) -> str:
    try:
        raise error
    except type(error) as raised:
        return "".join(traceback.format_exception(raised))


def _chained() -> str:
    try:
        try:
            raise KeyError("inner")
        except KeyError as inner:
            raise OddError("outer\nTypeError: not the class") from inner
    except OddError as raised:
        return "".join(traceback.format_exception(raised))


def _group_of_cause() -> str:
    try:
        try:
            raise KeyError("cause")
        except KeyError as cause:
            raise ExceptionGroup("both", [OddError(_chained()), ValueError("b")]) from cause
    except ExceptionGroup as raised:
        return "".join(traceback.format_exception(raised))


def _cause_in_group() -> str:
    try:
        raise OddError("x") from ExceptionGroup("both", [ValueError("a"), KeyError("b")])
    except OddError as raised:
        return "".join(traceback.format_exception(raised))


def _local() -> str:
    class InnerError(Exception):
        """An error whose name holds `<locals>`."""

    return _of(InnerError("x"))


def _noted() -> str:
    error = ValueError("first")
    error.add_note("Note: second")
    return _of(error)


@pytest.mark.parametrize(
    ("make", "name", "message"),
    [
        (lambda: _of(ValueError("boom")), "ValueError", "boom"),
        (lambda: _of(ValueError("one\ntwo: three")), "ValueError", "one\ntwo: three"),
        (lambda: _of(OddError()), "OddError", ""),
        (_chained, "OddError", "outer\nTypeError: not the class"),
        (_group_of_cause, "ExceptionGroup", "both (2 sub-exceptions)"),
        (_cause_in_group, "OddError", "x"),
        (lambda: _of(OddError(f"child:\n{_INNER}")), "OddError", f"child:\n{_INNER}"),
        (_local, "InnerError", "x"),
        (_noted, "ValueError", "first\nNote: second"),
        (lambda: _of(ExceptionGroup("both", [ValueError("a"), OddError("b")])), "ExceptionGroup", "both (2 sub-exceptions)"),
        (lambda: "Work-horse terminated unexpectedly; waitpid returned 9", "", "Work-horse terminated unexpectedly; waitpid returned 9"),
        (lambda: "ValueError: one\ntwo", "ValueError", "one"),
    ],
)  # fmt: skip
def test_the_last_exception_is_named(make: Callable[[], str], name: str, message: str) -> None:
    """The class and message are those of the exception that was raised last, whatever lines its message has."""
    error = read_traceback(make())
    assert error is not None
    assert (error.class_name.raw, error.message.raw) == (name, message)


@given(st.text(st.characters(codec="utf-8"), max_size=200))
def test_any_message_keeps_its_class(message: str) -> None:
    """No message of an exception hides its class; no text fails."""
    error = read_traceback(_of(OddError(message)))
    assert error is not None
    assert error.class_name.raw == "OddError"
    read_traceback(message)


@pytest.mark.parametrize(
    ("trace", "told", "name", "message"),
    [
        ("NoneType: None\n", repr(LookupError("not there")), "LookupError", "not there"),
        ("NoneType: None\n", "KeyError('up to 3.6',)", "KeyError", "up to 3.6"),
        ("", repr(OSError(2, "No such file")), "FileNotFoundError", "2, 'No such file'"),
        ("NoneType: None", repr(OddError()), "OddError", ""),
        ("NoneType: None", "shop.Odd(a=1)", "Odd", "a=1"),
        ("", "<Odd object>", "", "<Odd object>"),
        (_of(ValueError("boom")), "ValueError('boom')", "ValueError", "boom"),
    ],
)
def test_the_repr_tells_of_an_error_whose_traceback_was_written_too_late(
    trace: str, told: str, name: str, message: str
) -> None:
    """Huey up to 3.4 writes down the traceback when nothing is handled any more: its repr is all that is left."""
    error = read_traceback_or_repr(trace, told)
    assert error is not None
    assert (error.class_name.raw, error.message.raw) == (name, message)
