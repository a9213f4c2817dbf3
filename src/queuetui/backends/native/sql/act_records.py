"""The record of acts, written in the act's own transaction; a repeated act is answered from it."""

from __future__ import annotations

from collections.abc import Sequence

from queuetui.backends.native.sql.session import Row, Session
from queuetui.backends.native.sql.state_codes import CODE_OF, state_of
from queuetui.backends.native.texts import storable
from queuetui.model.act import Act, JobRef, Outcome, Result


def add_act(session: Session, act: Act) -> None:
    """Record the act once: who asks for what, and why."""
    texts = {"actor": act.actor, "reason": act.reason, "filter": act.filter}
    session.change("add_act", id=act.id, verb=act.verb.value, **{name: storable(text) for name, text in texts.items()})


def find_results(session: Session, act: Act, refs: Sequence[JobRef]) -> dict[str, Result]:
    """Return the results of an earlier execution of this act, by the ids of its targets."""
    rows = session.each("find_act_row", [{"act_id": act.id, "job_id": storable(ref.id)} for ref in refs])
    return {ref.id: _to_result(ref, row) for ref, row in zip(refs, rows, strict=True) if row is not None}


def _to_result(ref: JobRef, row: Row) -> Result:
    outcome, state, note, before, rev_after = row
    state_now = None if state is None else state_of(state)
    return Result(ref, Outcome(outcome), state_now, note, before, None if rev_after is None else str(rev_after))


def add_rows(session: Session, act: Act, results: Sequence[Result]) -> None:
    """Record the results of an act."""
    session.change_each("add_act_row", [_values(act, result) for result in results])


def _values(act: Act, result: Result) -> dict[str, object]:
    return {
        "act_id": act.id,
        "job_id": storable(result.ref.id),
        "outcome": result.outcome.value,
        "state_now": None if result.state_now is None else CODE_OF[result.state_now],
        "note": result.note,
        "before": result.before,
        "rev_after": None if result.rev_after is None else int(result.rev_after),
    }
