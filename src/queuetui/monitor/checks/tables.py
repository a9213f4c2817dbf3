"""Checks the tables of a queue: rights, indexes, foreign keys, dead rows, space on the disk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from queuetui.model.counted import counted
from queuetui.model.examination import Check, DeadSpace, DiskRoom, Finding, ForeignKeys, Level
from queuetui.model.text import Untrusted
from queuetui.monitor.diagnosis.words import name

MOST_NAMED = 5
# More dead rows than autovacuum usually leaves behind.
MANY_DEAD_ROWS = 10_000
MUCH_DEAD_BYTES = 64 * 1024 * 1024
DEAD_SHARE = 0.5
LITTLE_ROOM = 0.1
NO_ROOM = 0.03
_GIB = 1024**3


def judge_rights(missing: Mapping[str, Sequence[str]], tables: int) -> Finding:
    """Judge the rights of this user on the queue's tables."""
    evidence: dict[str, object] = {"tables": tables, "missing": {table: list(of) for table, of in missing.items()}}
    if not missing:
        return Finding(Check.RIGHTS, Level.OK, f"this user may read and change {counted(tables, 'table')}", evidence)
    closed = [table for table, of in missing.items() if "select" in of]
    if closed:
        story, step = f"this user may not read {_listed(closed)}", f"grant select on {closed[0]} to this user"
        return Finding(Check.RIGHTS, Level.CRITICAL, story, evidence, step)
    writes = {right for of in missing.values() for right in of}
    if len(missing) == tables and len(writes) == 3:  # noqa: PLR2004 - insert, update and delete
        story = "this user may read all tables and change not all: workers, enqueues and acts need more"
        return Finding(Check.RIGHTS, Level.OK, story, evidence, "for looking alone nothing needs to be done")
    table, of = next(iter(missing.items()))
    story = f"this user may not {', '.join(of)} in {_listed(list(missing))}: acts and workers fail there"
    return Finding(Check.RIGHTS, Level.WARNING, story, evidence, f"grant {', '.join(of)} on {table} to this user")


def judge_indexes(missing: Sequence[str], expected: int) -> Finding:
    """Judge whether indexes of ours are missing or invalid."""
    evidence: dict[str, object] = {"expected": expected, "missing": list(missing)}
    if not missing:
        return Finding(Check.INDEXES, Level.OK, f"all {expected} indexes are there", evidence)
    story = f"{len(missing):,} of our {expected} indexes lack or are not valid: {_listed(missing)}; claims slow down"
    step = f"make {missing[0]} again as the first migration has it; on PostgreSQL an invalid one: reindex index {missing[0]}"
    return Finding(Check.INDEXES, Level.WARNING, story, evidence, step)


def judge_foreign_keys(keys: ForeignKeys) -> Finding:
    """Judge foreign keys: those never validated, those that lead nowhere, those that make deletes slow."""
    unchecked, unindexed = ([name(one) for one in some] for some in (keys.unchecked, keys.unindexed))
    evidence: dict[str, object] = {"foreign_keys": keys.count, "unchecked": unchecked, "unindexed": unindexed}
    if unchecked:
        story = f"{_listed(unchecked)}: not checked against the rows there are, or its table is gone"
        return Finding(Check.FOREIGN_KEYS, Level.WARNING, story, evidence, "validate the constraint, or drop it")
    if unindexed:
        story = f"no index begins with the columns of {_listed(unindexed)}: each delete of a job reads that whole table"
        return Finding(Check.FOREIGN_KEYS, Level.WARNING, story, evidence, "create an index on its columns")
    story = f"{counted(keys.count, 'foreign key')}, sound" if keys.count else "no foreign keys"
    return Finding(Check.FOREIGN_KEYS, Level.OK, story, evidence)


def judge_dead_space(spaces: Sequence[DeadSpace]) -> Finding:
    """Judge whether tables keep more dead rows than a vacuum leaves behind."""
    wanting = [one for one in spaces if _wants_vacuum(one)]
    evidence: dict[str, object] = {
        "in_need": [f"{name(one.table)}: {one.dead:,} dead beside {one.live:,} {one.unit}" for one in wanting]
    }
    if not wanting:
        return Finding(Check.VACUUM, Level.OK, "no table is in need of a vacuum", evidence)
    first = wanting[0]
    story = (
        f"deleted rows are most of {_listed([name(one.table) for one in wanting])}: {first.dead:,} dead {first.unit}"
    )
    step = (
        f"vacuum (analyze) {name(first.table)}"
        if first.unit == "rows"
        else "SQLite: vacuum; MySQL: optimize table, when it is quiet"
    )
    return Finding(Check.VACUUM, Level.WARNING, story, evidence, step)


def judge_room(room: DiskRoom) -> Finding:
    """Judge how full the disk that holds the store's file is."""
    evidence: dict[str, object] = {"free_bytes": room.free, "total_bytes": room.total}
    story = f"{room.free / _GIB:,.1f} of {room.total / _GIB:,.1f} GiB of the disk are free"
    if room.free > LITTLE_ROOM * room.total:
        return Finding(Check.DISK, Level.OK, story, evidence)
    level = Level.CRITICAL if room.free <= NO_ROOM * room.total else Level.WARNING
    return Finding(Check.DISK, level, f"{story}: without any no job is taken", evidence, "free some, or move the file")


def _wants_vacuum(one: DeadSpace) -> bool:
    least = MANY_DEAD_ROWS if one.unit == "rows" else MUCH_DEAD_BYTES
    return one.dead > least and one.dead > DEAD_SHARE * (one.live + one.dead)


def _listed(names: Sequence[str | Untrusted]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(str(one) for one in names[:MOST_NAMED]) + more
