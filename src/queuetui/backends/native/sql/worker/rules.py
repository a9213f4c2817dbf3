"""The rules of queues on SQL: set by acts, and read with their current use."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from queuetui.backends.claim_rules import MOST_RULED_QUEUES
from queuetui.backends.native.rules_acts import check_act, read_before, read_use
from queuetui.backends.native.sql.act_records import add_act, add_rows, find_results
from queuetui.backends.native.sql.database import Database
from queuetui.backends.native.sql.session import Session
from queuetui.backends.native.texts import storable
from queuetui.model.act import Act, JobRef, Outcome, Result
from queuetui.model.claim_rules import RulesEdit, RulesInUse, edit_rules


class SqlClaimRules:
    """The ClaimRulesStore half of the backend."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def rules_in_use(self) -> tuple[RulesInUse, ...]:
        """Return the queues with rules."""
        return self._database.read("reading the rules of queues", read_rules)

    def apply_to_rules(self, act: Act, queue: str, edit: RulesEdit) -> Result:
        """Set the rules of a queue."""
        check_act(act, queue, edit)
        ref = JobRef(self._database.name, queue, "")
        return self._database.write(f"doing {act.verb.value}", lambda session: _apply_once(session, act, ref, edit))


def read_rules(session: Session) -> tuple[RulesInUse, ...]:
    """Return the queues with rules, and the current use of their limits."""
    ((now,),) = session.rows("read_clock")
    at = session.moment_out(now)
    found = session.rows("list_rules", limit=MOST_RULED_QUEUES)
    if not found:
        return ()
    # Imported late: a console starts without the modules of workers.
    from queuetui.backends.native.sql.worker.ruled_claims import count_running

    return tuple(
        read_use(queue, text, begun, partial(count_running, session, queue), at) for queue, text, begun in found
    )


def _apply_once(session: Session, act: Act, ref: JobRef, edit: RulesEdit) -> Result:
    add_act(session, act)
    session.change("add_queue", queue=ref.id)
    held = session.row("lock_rules", queue=ref.id)
    row = JobRef(ref.backend, f"rules {ref.id}", ref.rev)
    earlier = find_results(session, act, [row])
    if earlier:
        return replace(earlier[row.id], ref=ref)
    before = read_before(None if held is None else held[2], edit)
    ((now,),) = session.rows("read_clock")
    after = edit_rules(before, edit, storable(act.actor), session.moment_out(now))
    begun = None if held is None or after.is_empty else held[3]
    text = None if after.is_empty else after.to_text()
    session.change("write_rules", queue=ref.id, ruled=not after.is_empty, rules=text, begun=begun)
    result = Result(ref, Outcome.DONE, before=before.to_text())
    add_rows(session, act, [replace(result, ref=row)])
    return result
