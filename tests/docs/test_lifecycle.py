"""The lifecycle page is the table of moves."""

from __future__ import annotations

from queuetui.model.state import MOVES, State
from tests.docs.lifecycle import PAGE, put_diagram


def test_the_diagram_is_the_table() -> None:
    """The diagram in the page is what the table of legal moves draws."""
    page = PAGE.read_text(encoding="utf-8")
    assert put_diagram(page) == page


def test_every_move_is_drawn() -> None:
    """No legal move is missing from the page."""
    page = PAGE.read_text(encoding="utf-8")
    for move in MOVES:
        assert f"{move.source or '[*]'} --> {move.target}: {move.verb} ({move.by})" in page


def test_every_state_is_explained() -> None:
    """Each state has its row in the table of meanings."""
    page = PAGE.read_text(encoding="utf-8")
    assert all(f"| `{state}` |" in page for state in State)
