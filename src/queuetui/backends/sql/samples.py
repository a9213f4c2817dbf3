"""Groups of rows scaled from a bounded part of a table to the whole."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    FromClause,
    Integer,
    Row,
    ScalarSelect,
    TableClause,
    func,
    literal,
    select,
    union_all,
)
from sqlalchemy.sql.util import ClauseAdapter
from sqlalchemy.sql.visitors import iterate

from queuetui.backends.sql.budget import fetch_within
from queuetui.backends.sql.estimates import estimate_rows, suppose_rows
from queuetui.backends.sql.groups import Grouping, GroupTally, add_up, read_tally

BLOCK_ROWS = 250
SAMPLED_ROWS = 20_000


@dataclass(frozen=True, slots=True)
class SampleSize:
    """How many rows are counted at each end of a table, and how many blocks between them.

    Rows that run are among the oldest by the order of taking, and what was just made is the newest. `count_s` is what counting
    all rows may take where keys are no numbers.
    """

    end_rows: int
    blocks: int
    count_s: float


USUAL = SampleSize(end_rows=5_000, blocks=20, count_s=0.25)
# Where each row is joined to others, or other tables are asked about it.
LOOKED_UP = SampleSize(end_rows=2_000, blocks=8, count_s=0.25)
# Each block is a statement to be made and compiled, which a console's first picture waits for.
SMALL = SampleSize(end_rows=500, blocks=4, count_s=0.05)


def read_sample(connection: Connection, grouping: Grouping, size: SampleSize = USUAL) -> list[GroupTally]:
    """Return groups scaled to all rows of a table."""
    if isinstance(grouping.key.type, Integer):
        size = LOOKED_UP if size is USUAL and _looks_up(grouping) else size
        return add_up(_read_blocks(connection, grouping, size))
    return _read_pages(connection, grouping) or _read_first(connection, grouping, size)


def _read_blocks(connection: Connection, grouping: Grouping, size: SampleSize) -> Iterator[GroupTally]:
    """Read both ends of a table with numeric keys and small blocks between, each scaled to its keys."""
    edges = _edges(connection, grouping, size)
    if not edges:
        return
    limits = [size.end_rows, *[BLOCK_ROWS] * (len(edges) - 3), size.end_rows] if len(edges) > 2 else [2 * size.end_rows]  # noqa: PLR2004 - one block
    blocks = [_block(grouping, place, edges[place], edges[place + 1], limit) for place, limit in enumerate(limits)]
    rows = union_all(*(select(block) for block in blocks)).subquery()
    dialect = connection.dialect.name
    grouped = grouping.group(rows, dialect, ("block", "is_meant"), func.max(rows.c.key).label("last"))
    by_block: dict[int, list[Row[Any]]] = defaultdict(list)
    for record in connection.execute(grouped):
        by_block[record.block].append(record)
    for place, found in by_block.items():
        low, high = edges[place], edges[place + 1]
        is_cut = _looked(found) >= limits[place]
        weight = (high - low) / (max(record.last for record in found) - low + 1) if is_cut else 1.0
        yield from _read_meant(found, grouping, weight)


def _edges(connection: Connection, grouping: Grouping, size: SampleSize) -> list[int]:
    """Return the keys that blocks begin at and, last, the one behind the newest."""
    key = grouping.key
    # Where rows are joined, the table of the key tells its ends by its index alone.
    rows = _table_of(grouping)
    # SQLite reads a whole table for two ends in one list, and an index for each by itself.
    ends = (select(end(key)).select_from(rows).scalar_subquery() for end in (func.min, func.max))
    low, high = connection.execute(select(*ends)).one()
    if low is None:
        return []
    keys = select(key).select_from(rows).offset(size.end_rows).limit(1)
    oldest = connection.execute(keys.order_by(key.asc())).scalar()
    newest = connection.execute(keys.order_by(key.desc())).scalar()
    first, last, end = int(oldest or high + 1), int(newest or low) + 1, int(high) + 1
    if first >= last:
        return [int(low), end]
    step = max(1, (last - first) // size.blocks)
    between = list(range(first, last, step))[: size.blocks]
    return [int(low), *between, last, end]


def _block(grouping: Grouping, place: int, low: int, high: int, limit: int) -> FromClause:
    key, named, table = grouping.key, literal(place).label("block"), _table_of(grouping)
    rows = grouping.select_rows(named) if table is grouping.rows else select(key.label("key")).select_from(table)
    block = rows.where(key >= low, key < high).order_by(key).limit(limit).subquery()
    if table is grouping.rows:
        return block
    # What is joined is looked up for the rows of a block alone: a server would walk to it from the first row on.
    return replace(grouping, rows=grouping.rows.join(block, block.c.key == key)).select_rows(named).subquery()


def _table_of(grouping: Grouping) -> FromClause:
    """Return the table of the key where rows are joined, else the rows."""
    key = grouping.key
    return key.table if isinstance(key, Column) and isinstance(key.table, TableClause) else grouping.rows


def _looks_up(grouping: Grouping) -> bool:
    """Tell whether other tables than that of the key are read for each row."""
    parts = (*grouping.groups, *grouping.sums, *grouping.lows, *(() if grouping.where is None else (grouping.where,)))
    return _table_of(grouping) is not grouping.rows or any(
        isinstance(one, ScalarSelect) for part in parts for one in iterate(part)
    )


def _read_pages(connection: Connection, grouping: Grouping) -> list[GroupTally]:
    """Read random pages of a PostgreSQL table, scaled to all; nothing where there is no such sample."""
    rows = grouping.rows
    if connection.dialect.name != "postgresql" or not isinstance(rows, TableClause):
        return []
    supposed = suppose_rows(connection, rows)
    if not supposed:
        return []
    percent = min(100.0, 100.0 * SAMPLED_ROWS / supposed)
    sampled = rows.tablesample(func.system(percent))
    judged = ClauseAdapter(sampled).traverse(grouping.select_rows()).subquery()
    found = connection.execute(grouping.group(judged, connection.dialect.name, ("is_meant",))).fetchall()
    return add_up(_read_meant(found, grouping, 100.0 / percent))


def _read_first(connection: Connection, grouping: Grouping, size: SampleSize) -> list[GroupTally]:
    """Read the rows with the lowest keys, which say nothing of age, scaled to as many as there are."""
    sample = grouping.select_rows().order_by(grouping.key).limit(2 * size.end_rows).subquery()
    found = connection.execute(grouping.group(sample, connection.dialect.name, ("is_meant",))).fetchall()
    looked = _looked(found)
    total = looked if looked < 2 * size.end_rows else _count_rows(connection, grouping.rows, size.count_s)
    return add_up(_read_meant(found, grouping, max(total, looked) / max(looked, 1)))


def _count_rows(connection: Connection, rows: FromClause, budget_s: float) -> int:
    """Return how many rows there are: counted, or what the database supposes where that takes it too long."""
    counted = fetch_within(connection, select(func.count()).select_from(rows), budget_s)
    return estimate_rows(connection, rows) if counted is None else int(counted[0][0])


def _looked(records: Iterable[Row[Any]]) -> int:
    return sum(record.number for record in records)


def _read_meant(records: Sequence[Row[Any]], grouping: Grouping, weight: float) -> Iterator[GroupTally]:
    return (read_tally(record, grouping, weight) for record in records if record.is_meant)
