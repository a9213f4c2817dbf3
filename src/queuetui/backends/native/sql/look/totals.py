"""Totals over all queues, estimated from the store's statistics where counts stopped at their cap."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, func, literal_column, select, text

from queuetui.backends.native.sql.look.sums import COUNTED, WHY_ESTIMATED, Counts, add_up
from queuetui.backends.native.sql.look.tables import job, job_done
from queuetui.model.measured import Exactness, Measured
from queuetui.model.state import FINAL, State

# The rows of a table at its last ANALYZE, which was at another time for each of the two tables.
_ANALYSED = text("select reltuples::bigint from pg_class where oid = to_regclass(:name)")
# The server's running count of live rows. A crash resets it until the next ANALYZE.
_FOLLOWED = text(
    "select case when coalesce(pg_stat_get_last_analyze_time(oid), pg_stat_get_last_autoanalyze_time(oid)) is null "
    "then reltuples::bigint else pg_stat_get_live_tuples(oid) end from pg_class where oid = to_regclass(:name)"
)
# Older servers read a file with the statistics of all tables for it.
_FOLLOWS_SINCE = (15,)


def sum_counts(
    connection: Connection, by_queue: Iterable[Counts], now: datetime, *, is_cut: bool = False
) -> dict[State, Measured[int]]:
    """Return the counts over all queues, lower bounds where `is_cut`; completed jobs are estimated beyond."""
    queues = list(by_queue)
    counts = {state: add_up([own[state] for own in queues], now) for state in COUNTED}
    if is_cut:
        counts = {state: replace(one, exactness=Exactness.CAPPED) for state, one in counts.items()}
    completed = counts[State.COMPLETED]
    others = [counts[state] for state in FINAL if state is not State.COMPLETED]
    counted = {Exactness.EXACT, Exactness.CACHED}
    if completed.exactness is Exactness.CAPPED and all(one.exactness in counted for one in others):
        rows = estimate_rows(connection, job_done)
        if rows is not None:
            estimate = max(completed.value or 0, rows - sum(one.value or 0 for one in others))
            counts[State.COMPLETED] = Measured(estimate, Exactness.ESTIMATED, now, WHY_ESTIMATED)
    return counts


def total_of(connection: Connection, counts: Counts, now: datetime) -> Measured[int]:
    """Return how many jobs are stored, each counted once."""
    total = add_up(list(counts.values()), now)
    if total.exactness is not Exactness.CAPPED:
        return total
    live, done = estimate_rows(connection, job), estimate_rows(connection, job_done)
    if live is None or done is None:
        return total
    return Measured(max(total.value or 0, live + done), Exactness.ESTIMATED, now, WHY_ESTIMATED)


def estimate_rows(connection: Connection, table: Table) -> int | None:
    """Return an estimate of a table's rows, None where no cheap source exists."""
    if connection.dialect.name == "postgresql":
        version = connection.dialect.server_version_info or (0,)
        asked = _FOLLOWED if version >= _FOLLOWS_SINCE else _ANALYSED
        found: int | None = connection.execute(asked, {"name": table.name}).scalar_one_or_none()
        return None if found is None or found < 0 else found
    if connection.dialect.name == "mysql":
        kept = text(
            "select table_rows from information_schema.tables where table_schema = database() and table_name = :name"
        )
        counted: int | None = connection.execute(kept, {"name": table.name}).scalar_one_or_none()
        return counted
    if table is not job_done:
        return None
    # Final jobs are added at one end of the rowids and pruned at the other.
    seq: Any = literal_column("seq")
    first, last = (connection.execute(select(end(seq)).select_from(table)).scalar_one() for end in (func.min, func.max))
    return 0 if first is None else int(last - first + 1)
