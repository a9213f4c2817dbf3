"""What really reaches a terminal when a queue is full of hostile text."""

from __future__ import annotations

import sys

import pytest

from tests.tui import zoo_on_screen
from tests.tui.terminal import ROOT, foreign_sequences, program_on_terminal
from tests.zoo import ESCAPES, SMALL_ZOO

# The emulator drops what follows a mark of no width and no combining class; real terminals draw it.
NOT_EMULATED = {"hangul", "thai_devanagari"}


def test_a_zoo_on_the_screen_sends_no_sequence_of_its_own() -> None:
    """With every specimen in the table, the terminal gets our sequences only, and each column stays in its place."""
    lines = len(SMALL_ZOO) + 4
    with program_on_terminal([sys.executable, ROOT / "tests" / "tui" / "zoo_on_screen.py"], 120, lines) as terminal:
        terminal.read_until(zoo_on_screen.LAST)
        # What was read may end within a sequence of ours.
        assert foreign_sequences(terminal.output[: terminal.output.rindex(b"\x1b")]) == []
        shown = [line for line, name in enumerate(SMALL_ZOO, start=1) if name not in NOT_EMULATED]
        assert len({terminal.column_of(line, "web-1/4411") for line in shown}) == 1
        assert terminal.lines[0].split() == ["id", "state", "type", "age", "worker", "why"]


@pytest.mark.parametrize("name", sorted(ESCAPES.keys() - {"csi_colour", "csi_cursor_home"}))
def test_the_guard_notices_what_the_zoo_would_do(name: str) -> None:
    """The check finds every specimen that is let through, but for colours and moves, which have our own form."""
    assert foreign_sequences(ESCAPES[name].encode())
