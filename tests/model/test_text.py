"""The sanitiser's contract, over the zoo and over whatever else can be generated."""

from __future__ import annotations

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queuetui.model.text import (
    CELL_CAP,
    DETAIL_CAP,
    ELLIPSIS,
    NEWLINE_MARK,
    SafeText,
    Untrusted,
    sanitize,
)
from tests.zoo import SMALL_ZOO, ZOO, assert_inert, hostile_characters

any_text = st.text(alphabet=st.characters(), max_size=400)


@pytest.mark.parametrize("name", ZOO)
def test_no_specimen_keeps_a_hostile_character(name: str) -> None:
    """Whatever the zoo holds, a table cell made of it holds nothing that acts on a terminal."""
    assert_inert(sanitize(Untrusted(ZOO[name])), allowed="")


@pytest.mark.parametrize("name", ZOO)
def test_detail_text_keeps_line_ends_and_nothing_else(name: str) -> None:
    """A detail view may hold line ends, and is as inert as a cell otherwise."""
    assert_inert(sanitize(Untrusted(ZOO[name]), cap=DETAIL_CAP, keep_newlines=True), allowed="\n")


@given(any_text)
def test_any_text_becomes_inert(text: str) -> None:
    """No text at all gets a hostile character through."""
    assert_inert(sanitize(text), allowed="")


@given(any_text)
def test_safe_text_is_not_changed_again(text: str) -> None:
    """Sanitising what is safe already gives the same text, so layers may sanitise twice."""
    once = sanitize(text, cap=10_000)
    assert sanitize(once, cap=10_000) == once


@given(st.text(alphabet=st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=CELL_CAP))
def test_plain_ascii_is_kept_as_it_is(text: str) -> None:
    """Plain text comes through letter by letter, markup and format signs included."""
    assert sanitize(Untrusted(text)) == text


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("\x1b[31m", "\\x1b[31m"),
        ("\x9b", "\\x9b"),
        ("\x00\x7f", "\\x00\\x7f"),
        ("a\u202eb", "a\\u202eb"),
        ("\u2028", "\\u2028"),
        ("\ud800", "\\ud800"),
        ("\u2764\ufe0f", "\u2764\\ufe0f"),
        ("\U000e0041", "\\U000e0041"),
        ("a\tb", "a    b"),
        ("a\nb", f"a{NEWLINE_MARK}b"),
        ("a\r\nb", f"a{NEWLINE_MARK}b"),
        ("a\rb", "a\\rb"),
        ("Grüße 商品", "Grüße 商品"),
        ("[@click=app.quit]x[/]", "[@click=app.quit]x[/]"),
    ],
)
def test_hostile_characters_become_visible_escapes(raw: str, shown: str) -> None:
    """A reader sees what was there: each hostile character is written as its escape."""
    assert sanitize(raw) == shown


def test_line_ends_are_kept_on_request() -> None:
    """Both kinds of line end become a plain one where lines are wanted."""
    assert sanitize("a\r\nb\nc", keep_newlines=True) == "a\nb\nc"


def test_a_pile_of_combining_marks_is_taken_apart() -> None:
    """Marks that would climb over neighbouring rows, or onto the cell before, are written out."""
    assert sanitize("e\u0301") == "e\u0301"
    assert sanitize("\u0301e") == "\\u0301e"
    assert sanitize("e" + "\u0301" * 5) == "e" + "\u0301" * 3 + "\\u0301\\u0301"


def test_spacing_marks_are_written_out_where_columns_must_align() -> None:
    """Terminals disagree on their width, so a cell shows them as escapes and a detail view as they are."""
    assert sanitize("\u0915\u093f") == "\u0915\\u093f"
    assert sanitize("\u0915\u093f", keep_newlines=True) == "\u0915\u093f"


def test_the_cap_counts_characters_of_the_value() -> None:
    """A value at the cap is whole; one beyond it is cut and ends in an ellipsis."""
    assert sanitize("x" * CELL_CAP) == "x" * CELL_CAP
    assert sanitize("x" * (CELL_CAP + 1)) == "x" * (CELL_CAP - 1) + ELLIPSIS
    assert sanitize("abc", cap=1) == ELLIPSIS


def test_only_the_capped_part_is_looked_at() -> None:
    """The hidden rest of a huge text leaves no trace in the result, however hostile."""
    assert sanitize("ok" + "\x1b" * 10_000_000, cap=3) == "ok" + ELLIPSIS


def test_safe_text_cannot_be_made_by_hand() -> None:
    """The type is a proof, so only the sanitiser may give it."""
    assert isinstance(sanitize("x"), SafeText)
    with pytest.raises(TypeError, match="sanitize"):
        SafeText("\x1b")  # type: ignore[arg-type]  # the call is what must fail


@pytest.mark.parametrize("show", [str, "{}".format, "%s".__mod__, lambda text: f"{text:>5}", print])
def test_untrusted_text_refuses_to_be_shown(show: object) -> None:
    """Printing or formatting raw text is an error that names the way to do it."""
    assert callable(show)
    with pytest.raises(TypeError, match="sanitize"):
        show(Untrusted("x"))


def test_untrusted_text_keeps_its_true_value() -> None:
    """Identity, order, length and truth are those of the text, and a bare str is never equal to it."""
    text = Untrusted("b\x1b")
    assert text.raw == "b\x1b"
    assert text == Untrusted("b\x1b")
    bare: object = "b\x1b"
    assert text != bare
    assert {text, Untrusted("b\x1b")} == {text}
    assert sorted([text, Untrusted("a")]) == [Untrusted("a"), text]
    assert (len(text), bool(text), bool(Untrusted(""))) == (2, True, False)


def test_untrusted_text_cannot_be_changed() -> None:
    """The wrapped value is fixed, since keys and sets rely on it."""
    with pytest.raises(AttributeError):
        Untrusted("a").raw = "b"  # type: ignore[misc]  # the assignment is what must fail


@pytest.mark.parametrize("name", SMALL_ZOO)
def test_the_repr_of_untrusted_text_is_inert_and_short(name: str) -> None:
    """A traceback or log that shows the repr shows escapes only."""
    shown = repr(Untrusted(ZOO[name]))
    assert shown.isascii()
    assert shown.isprintable()
    assert len(repr(Untrusted(ZOO[name] * 100))) < 500


def test_a_log_record_never_holds_raw_text(caplog: pytest.LogCaptureFixture) -> None:
    """Logging untrusted text by its repr writes no control character."""
    logging.getLogger("zoo").warning("job %r", Untrusted("\x1b[31m"))
    assert_inert(caplog.text)


def test_the_zoo_keeper_notices_an_escape() -> None:
    """The inertness check itself finds a planted escape, and passes clean text."""
    assert hostile_characters("a\x1b\n") == ["'\\x1b'"]
    with pytest.raises(AssertionError):
        assert_inert("a\x1bb")
    assert_inert("clean\n")
