"""Throwables as PHP prints them, and texts that only look like them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queuetui.backends.payloads.php_exception import read_exception


@pytest.mark.parametrize(
    ("text", "class_name", "message"),
    [
        (
            "RuntimeException: Card declined (naïve “quotes” ✓) in /srv/app/ChargeCard.php:47\nStack trace:\n#0 {main}",
            "RuntimeException",
            "Card declined (naïve “quotes” ✓)",
        ),
        ("App\\Errors\\Late: a: b in c in /x.php:1\nStack trace:\n#0 {main}", "App\\Errors\\Late", "a: b in c"),
        ("LogicException: one\ntwo in /x.php:2\nStack trace:\n#0 {main}", "LogicException", "one\ntwo"),
        ("RuntimeException in /t.php:2\nStack trace:\n#0 {main}", "RuntimeException", ""),
        ("Exception@anonymous\0/t.php:3$0 in /t.php:3\nStack trace:\n#0 {main}", "Exception@anonymous", ""),
        ("Exception@anonymous\0/t.php:3$1f: no in /t.php:3\nStack trace:\n#0 {main}", "Exception@anonymous", "no"),
        (
            "Exception@anonymous/a b/t.php:3$1f: no in /a b/t.php:3\nStack trace:\n#0 {main}",
            "Exception@anonymous",
            "no",
        ),
        (
            "Exception@anonymous\0C:\\a b\\t.php:3$1f: no in C:\\t.php:3\nStack trace:\n#0 {main}",
            "Exception@anonymous",
            "no",
        ),
        ("Exception@anonymous", "Exception@anonymous", ""),
        ("Error: cut in the midd", "Error", "cut in the midd"),
        ("something an operator typed", "", "something an operator typed"),
        ("killed", "", "killed"),
        ("", "", ""),
    ],
)
def test_a_throwable_is_split(text: str, class_name: str, message: str) -> None:
    """Class and message are taken apart; a text of another shape is a message without a class."""
    found = read_exception(text)
    assert (found.class_name, found.message, found.traceback) == (class_name, message, text)


def test_the_cause_names_a_nested_throwable() -> None:
    """With wrappers after a "Next" the innermost cause, printed first, gives class and message."""
    text = (
        "PDOException: gone away in /a.php:1\nStack trace:\n#0 {main}\n\n"
        "Next QueryException: gone away (SQL: select 1) in /b.php:2\nStack trace:\n#0 {main}"
    )
    assert read_exception(text).class_name == "PDOException"
    assert read_exception(text[:40]).class_name == "PDOException"


@given(st.text(max_size=300))
def test_any_text_is_taken(text: str) -> None:
    """No text breaks the reader, and none is lost: it is there whole as the traceback."""
    assert read_exception(text).traceback == text


def test_a_huge_text_is_read_quickly() -> None:
    """Ten million characters of near matches take no more than a plain pass over them."""
    found = read_exception("A: " + " in /x.php:1" * 800_000)
    assert found.class_name == "A"
