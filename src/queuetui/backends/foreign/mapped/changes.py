"""What the verbs of a mapping do to a row, as statements under its key and what was seen of it."""

from __future__ import annotations

from functools import partial
from typing import Any

from sqlalchemy import func, null

from queuetui.backends.foreign.mapped.columns import Described
from queuetui.backends.foreign.mapped.shape import NOW, NULL, ONE_LESS, ONE_MORE, VerbShape
from queuetui.backends.tables.changes import deleting, setting
from queuetui.backends.tables.product import Change, LockedRow
from queuetui.model.act import Verb
from queuetui.model.query import TIME_FIELDS
from queuetui.model.state import State

_STEPS = {ONE_MORE: 1, ONE_LESS: -1}


def make_changes(described: Described, source: str, way: str) -> tuple[Change, ...]:
    """Return the changes of a mapping; of a verb and state that has a way of this name, that way alone."""
    verbs = described.mapping.verbs
    renamed = {(one.verb, state) for one in verbs if one.way and one.way == way for state in one.from_states}
    changes = []
    for one in verbs:
        if one.way not in ("", way):
            continue
        states = {state for state in one.from_states if one.way or (one.verb, state) not in renamed}
        if states:
            changes.append(
                Change(
                    verb=Verb(one.verb),
                    source=source,
                    states=frozenset(map(State, states)),
                    write=deleting if one.delete else setting(partial(_values, described, one)),
                    only_stuck=one.only_stuck,
                    note=one.note,
                )
            )
    return tuple(changes)


def _values(described: Described, verb: VerbShape, row: LockedRow) -> dict[str, Any]:
    """Return what a verb sets, by column."""
    return dict(_value(described, name, value, row) for name, value in verb.columns.items())


def _value(described: Described, name: str, value: int | str, row: LockedRow) -> tuple[str, Any]:
    """Return a column's name and what it is set to."""
    mapping = described.mapping
    if name == "status":
        return mapping.status, described.label(str(value))
    if name == "priority" and mapping.priority is not None:
        return mapping.priority.column, value
    column = mapping.fields[name].column
    if value == NULL:
        return column, null()
    if value == NOW and name in TIME_FIELDS:
        # A column that keeps whole seconds would round up, and what is due now would be due ahead.
        codec = described.field(name).codec
        return column, (codec.like(row.record[f"field_{name}"]) or codec).to_store(
            row.moment.now.replace(microsecond=0)
        )
    if value in _STEPS:
        return column, func.coalesce(described.at(column), 0) + _STEPS[str(value)]
    return column, value
