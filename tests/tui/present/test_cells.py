"""Text of an exact width, whatever it is made of."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from wcwidth import wcwidth

from queuetui.model.text import sanitize
from queuetui.tui.present.cells import Align, fit
from tests.zoo import ZOO


@given(st.text(alphabet=st.characters(), max_size=60), st.integers(0, 40), st.sampled_from(Align))
def test_any_text_fits_exactly(text: str, width: int, align: Align) -> None:
    """Every text takes as many cells as its column has, no more and no fewer."""
    assert cell_len(fit(sanitize(text), width, align)) == width


@pytest.mark.parametrize("name", ZOO)
def test_the_zoo_fits_exactly(name: str) -> None:
    """The hostile zoo moves no column at any width."""
    text = sanitize(ZOO[name])
    assert [cell_len(fit(text, width)) for width in range(30)] == list(range(30))


def test_every_character_that_is_shown_has_one_width() -> None:
    """What two measures of width disagree on never gets through, as it would move the columns behind it."""
    characters = (chr(code) for code in range(0xA0, 0x20000))
    shown = (char for char in characters if sanitize(f"a{char}") == f"a{char}")
    assert [ascii(char) for char in shown if cell_len(char) != wcwidth(char)] == []


@pytest.mark.parametrize(
    ("text", "width", "align", "fitted"),
    [
        ("mail", 6, Align.LEFT, "mail  "),
        ("mail", 6, Align.RIGHT, "  mail"),
        ("mail", 4, Align.LEFT, "mail"),
        ("newsletter", 5, Align.LEFT, "news…"),
        ("newsletter", 5, Align.RIGHT, "news…"),
        ("newsletter", 1, Align.LEFT, "…"),
        ("newsletter", 0, Align.LEFT, ""),
        ("商品同期", 8, Align.LEFT, "商品同期"),
        ("商品同期", 6, Align.LEFT, "商品 …"),
        ("商品同期", 9, Align.RIGHT, " 商品同期"),
    ],
)
def test_texts_are_padded_or_cut(text: str, width: int, align: Align, fitted: str) -> None:
    """A cut ends in an ellipsis, and half a wide character gives way to a space."""
    assert fit(sanitize(text), width, align) == fitted


def test_the_ellipsis_can_be_ascii() -> None:
    """A terminal without the sign gets another one."""
    assert fit(sanitize("newsletter"), 5, ellipsis="~") == "news~"
