"""What rows are counted by, as statements, and what these answer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from operator import add
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    LargeBinary,
    Row,
    Select,
    String,
    Text,
    Uuid,
    case,
    cast,
    func,
    literal,
    select,
)
from sqlalchemy.types import NullType


@dataclass(frozen=True, slots=True)
class Grouping:
    """What rows are counted by: `groups` tell them apart; `sums` and the lowest `lows` are told of each.

    `key` is what an index leads to each row by. A text is told letter by letter: of several spellings that the database takes
    for one, always the same.
    """

    rows: FromClause
    key: ColumnElement[Any]
    groups: tuple[ColumnElement[Any], ...]
    sums: tuple[ColumnElement[Any], ...] = ()
    lows: tuple[ColumnElement[Any], ...] = ()
    where: ColumnElement[bool] | None = None

    def select_all(self, dialect: str) -> Select[Any]:
        """Return the statement that counts all rows."""
        counted = self.select_rows() if self.where is None else self.select_rows().where(self.where)
        return self.group(counted.subquery(), dialect)

    def select_rows(self, *more: ColumnElement[Any]) -> Select[Any]:
        """Return what is read of each row; `is_meant` tells which of them `where` would leave in."""
        parts = {"group": self.groups, "sum": self.sums, "low": self.lows}
        named = [one.label(f"{name}_{place}") for name, some in parts.items() for place, one in enumerate(some)]
        is_meant = literal(1) if self.where is None else case((self.where, 1), else_=0)
        return select(self.key.label("key"), is_meant.label("is_meant"), *named, *more).select_from(self.rows)

    def group(self, rows: FromClause, dialect: str, by: tuple[str, ...] = (), *more: ColumnElement[Any]) -> Select[Any]:
        """Return the statement that groups what `select_rows` gave, also by further columns of it."""
        keys = [rows.c[f"group_{place}"] for place in range(len(self.groups))]
        return select(
            *(_shown(key, dialect) for key in keys),
            func.count().label("number"),
            *(func.sum(rows.c[f"sum_{place}"]) for place in range(len(self.sums))),
            *(func.min(rows.c[f"low_{place}"]) for place in range(len(self.lows))),
            *(rows.c[name] for name in by),
            *more,
        ).group_by(*keys, *(rows.c[name] for name in by))


@dataclass(frozen=True, slots=True)
class GroupTally:
    """The rows of one group."""

    groups: tuple[Any, ...]
    number: int
    sums: tuple[int, ...] = ()
    lows: tuple[Any, ...] = ()


def read_tally(record: Row[Any], grouping: Grouping, weight: float = 1.0) -> GroupTally:
    """Return a group that stands for `weight` times as many rows."""
    values = tuple(record)
    sums = len(grouping.groups) + 1
    lows = sums + len(grouping.sums)
    return GroupTally(
        tuple(value.decode("utf-8", "replace") if isinstance(value, bytes) else value for value in values[: sums - 1]),
        round(record.number * weight),
        tuple(round(int(value or 0) * weight) for value in values[sums:lows]),
        values[lows : lows + len(grouping.lows)],
    )


def add_up(tallies: Iterable[GroupTally]) -> list[GroupTally]:
    """Return one tally a group of those that were found in several places."""
    found: dict[tuple[Any, ...], GroupTally] = {}
    for one in tallies:
        other = found.get(one.groups)
        found[one.groups] = one if other is None else _add(other, one)
    return list(found.values())


def _add(one: GroupTally, other: GroupTally) -> GroupTally:
    sums = tuple(map(add, one.sums, other.sums))
    return GroupTally(one.groups, one.number + other.number, sums, tuple(map(_lower, one.lows, other.lows)))


def _lower(one: Any, other: Any) -> Any:  # noqa: ANN401 - what a column holds
    if one is None or other is None:
        return other if one is None else one
    try:
        return min(one, other)
    except TypeError:
        # SQLite keeps values of any type in a column.
        return one


def _shown(key: ColumnElement[Any], dialect: str) -> ColumnElement[Any]:
    if not isinstance(key.type, String | Uuid | NullType):
        return key
    if dialect == "postgresql":
        return func.min(cast(key, Text()).collate("C"))
    return func.min(cast(key, LargeBinary))
