"""A page reads the beginning of a long text only: the class of an error is known from it, and what there is of its message."""

from __future__ import annotations

import json

import pytest

from queuetui.backends.payloads.active_job import read_rails_error
from queuetui.backends.payloads.javascript_error import read_last
from queuetui.backends.payloads.python_traceback import read_long_traceback


@pytest.mark.parametrize("chars", [60, 61, 62, 63, 64, 200])
def test_an_error_of_rails_that_is_cut_within_its_message_has_its_class(chars: int) -> None:
    """Wherever the text ends, within an escape too."""
    message = 'a "b" ü\n' * 30
    error = read_rails_error(
        json.dumps({"exception_class": "Shop::Bad", "message": message, "backtrace": ["x"]})[:chars]
    )
    assert (error.class_name.raw, message.startswith(error.message.raw)) == ("Shop::Bad", True)
    assert len(error.message.raw) > 5
    broken = '{"exception_class":"A\\x"'
    assert read_rails_error(broken).message.raw == broken


@pytest.mark.parametrize("code", ["", " [ERR_ASSERTION]"])
def test_an_error_of_node_that_is_cut_within_its_message_has_its_class(code: str) -> None:
    """The stack and the message are cut at the same length, and the class stands before only one; another error's stack is none.

    A code that Node puts behind the class is no part of it.
    """
    message = "x" * 9_000
    error = read_last(message[:8_192], [f"SyntaxError{code}: {message}"[:8_192]])
    assert error is not None
    assert (error.class_name.raw, error.message.raw) == ("SyntaxError", message[:8_192])
    for stack in ("SyntaxError: x", f"SyntaxError: {message}y"):
        other = read_last(message, [stack])
        assert other is not None
        assert other.class_name.raw == ""


def test_an_error_of_python_is_told_by_the_part_that_names_it() -> None:
    """By the end of a traceback with many frames, by the beginning of one with a long message, whatever its last lines look like."""
    head = "Traceback (most recent call last):\n"
    many = head + '  File "a.py", line 1, in f\n    f()\n' * 900 + "KeyError: 'x'\n"
    wordy = head + '  File "a.py", line 1, in f\n    f()\nshop.Late: ' + "a: b\n" * 9_000
    for text, name in ((many, "KeyError"), (wordy, "Late")):
        error = read_long_traceback(text[:8_192], text[-4_096:])
        assert error is not None
        assert error.class_name.raw == name
