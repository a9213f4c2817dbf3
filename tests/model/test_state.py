"""The table of legal moves: what may follow what."""

from __future__ import annotations

import pytest

from queuetui.model.state import FINAL, LIVE, MOVES, WAITING, State, draw_lifecycle, may_move

BY_PERSON = {
    (State.SCHEDULED, State.CANCELLED),
    (State.PENDING, State.CANCELLED),
    (State.RETRYING, State.CANCELLED),
    (State.SCHEDULED, State.PENDING),
    (State.RETRYING, State.PENDING),
    (State.FAILED, State.PENDING),
    (State.CANCELLED, State.PENDING),
    (State.COMPLETED, State.PENDING),
    (State.PROCESSING, State.PENDING),
}


def test_states_are_waiting_running_or_final() -> None:
    """Every state is live or final, never both."""
    assert set(State) == LIVE | FINAL
    assert not LIVE & FINAL
    assert WAITING < LIVE


def test_only_a_person_opens_what_has_ended() -> None:
    """Out of a final state only a person's hand leads, and only to pending."""
    leaving = [move for move in MOVES if move.source in FINAL]
    assert {(move.by, move.target) for move in leaving} == {("person", State.PENDING)}
    assert {move.source for move in leaving} == FINAL


def test_a_run_begins_by_a_claim_alone() -> None:
    """Only the engine's claim of a pending job makes it processing."""
    assert [(move.source, move.by) for move in MOVES if move.target is State.PROCESSING] == [(State.PENDING, "engine")]


def test_a_job_is_born_due_or_scheduled() -> None:
    """A new job is pending or scheduled, by a client."""
    born = {(move.target, move.by) for move in MOVES if move.source is None}
    assert born == {(State.PENDING, "client"), (State.SCHEDULED, "client")}


def test_what_a_person_may_do() -> None:
    """A person retries, cancels and releases, nothing else."""
    assert {(move.source, move.target) for move in MOVES if move.by == "person"} == BY_PERSON


@pytest.mark.parametrize("source", [None, *State])
def test_may_move_is_the_table(source: State | None) -> None:
    """A move is legal exactly when the table has it."""
    allowed = {move.target for move in MOVES if move.source is source}
    assert {target for target in State if may_move(source, target)} == allowed


def test_nothing_leads_to_or_from_blocked() -> None:
    """Our own engine has no blocked jobs."""
    assert not any(State.BLOCKED in {move.source, move.target} for move in MOVES)


def test_every_other_state_is_reached_from_birth() -> None:
    """From birth the moves reach every state but the foreign one."""
    reached: set[State | None] = {None}
    while more := {move.target for move in MOVES if move.source in reached} - reached:
        reached |= more
    assert reached == {None, *State} - {State.BLOCKED}


def test_the_diagram_has_a_line_a_move() -> None:
    """The diagram has each move once, and an end for each final state."""
    lines = draw_lifecycle().splitlines()
    assert lines[0] == "stateDiagram-v2"
    assert len(lines) == 1 + len(MOVES) + len(FINAL)
    assert len(set(lines)) == len(lines)
    assert "    pending --> processing: claim (engine)" in lines
