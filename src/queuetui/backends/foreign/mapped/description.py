"""Makes the description that the core for rows works by of a mapping and the table it fits."""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Mapping as Table
from dataclasses import replace
from functools import partial
from typing import Any

from sqlalchemy import False_, and_, case, false, func, or_

from queuetui.backends.foreign.mapped.changes import make_changes
from queuetui.backends.foreign.mapped.check import require_fit
from queuetui.backends.foreign.mapped.columns import Described
from queuetui.backends.foreign.mapped.event_columns import latest_error, started_of
from queuetui.backends.foreign.mapped.event_log import MappedEvents
from queuetui.backends.foreign.mapped.names import ZONE
from queuetui.backends.foreign.mapped.sense import statuses
from queuetui.backends.foreign.mapped.shape import LONG_TEXTS, VERBS, Mapping, StateShape
from queuetui.backends.foreign.mapped.side_tables import find_side
from queuetui.backends.foreign.mapped.upkeep import MappedUpkeep, declare_chores
from queuetui.backends.foreign.mapped.workers import MappedWorkers
from queuetui.backends.reading.usual_lacks import usual_reasons
from queuetui.backends.sql.catalog import Catalog, StoredTable
from queuetui.backends.sql.stored_types import Holds, holds
from queuetui.backends.tables.codecs import key_codec
from queuetui.backends.tables.product import Product, Sides
from queuetui.backends.tables.source import Condition, Field, Moment, ReadRow, Rule, Source
from queuetui.model.act import Verb
from queuetui.model.job import UNKNOWN_STATE, Job, JobError
from queuetui.model.state import State
from queuetui.model.text import Untrusted

_ERROR = "error"
# Whether the mapping has no state for the status, by the database: it may take texts for one that differ in case or blanks.
_IS_UNKNOWN = "is_unknown"
# What a worker or a person changes when the row moves on.
_MOVING = ("attempts", "scheduled", "started", "completed", "updated", "worker")
_CLASS = re.compile(r"([A-Za-z_][\w.\\]*(?:Error|Exception))\s*:\s*")
_UNKNOWN = "its status is in no state of the mapping; add it to [states]"
_LOWER_FIRST = "a lower priority runs first in this table"
_NO_SUCH = usual_reasons(
    "a mapped table",
    pauses="a mapped table has no pause",
    schedules="a mapped table has no schedules",
    events="a mapped table has no switch for events",
    workers="a mapped table has no workers",
    limits="a mapped table has no limits",
)


def describe(mapping: Mapping, catalog: Catalog, kind: str, way: str = "") -> Product:
    """Return the description of one home-made table.

    `way` chooses among ways of a verb. Raises BadConfig and Denied.
    """
    stored = require_fit(mapping, catalog)
    described = Described(mapping, stored, catalog.dialect)
    changes = make_changes(described, stored.written, way)
    declared = {change.verb for change in changes}
    return Product(
        kind=kind,
        label=mapping.label,
        sources=(_source(described, catalog),),
        changes=changes,
        tables=stored.written,
        absent=mapping.absent,
        reasons=_NO_SUCH
        | {
            verb: f"the mapping declares no {verb} for {stored.written}; add it with [[verbs]]"
            for verb in VERBS
            if verb not in declared
        },
        warnings={change.verb: change.note for change in changes if isinstance(change.note, str) and change.note},
        sides=_make_sides(mapping, catalog),
        **_cleanup(mapping),
    )


def _make_sides(mapping: Mapping, catalog: Catalog) -> Sides:
    """Return the roles of those tables beside the jobs that the mapping names and that are there."""
    log, registered = find_side(mapping, mapping.events, catalog), find_side(mapping, mapping.workers, catalog)
    tokens = find_side(mapping, mapping.tokens, catalog)
    workers = None if registered is None else MappedWorkers(registered)
    chores = tuple(declare_chores(log, workers, tokens))
    return Sides(
        workers=None if workers is None else workers.read,
        events=None if log is None else partial(MappedEvents, log=log),
        upkeep=partial(MappedUpkeep, declared=chores, tokens_table=tokens) if chores or tokens else None,
        manages=frozenset({Verb.UPKEEP}) if chores else frozenset(),
    )


def _cleanup(mapping: Mapping) -> dict[str, Any]:
    """Return what a cleanup deletes, where the mapping says it."""
    shape = mapping.cleanup
    return {} if shape is None else {"cleanup": tuple(map(State, shape.states)), "ended_by": shape.by}


def _source(described: Described, catalog: Catalog) -> Source:
    mapping, stored = described.mapping, described.stored
    key = stored.columns[mapping.key.column]
    key_field = Field(described.at(key.name), key_codec(key, catalog.dialect))
    texts = {name: described.text(mapping.fields[name].column) for name in LONG_TEXTS if name in mapping.fields}
    fields = {"id": key_field, **{name: described.field(name) for name in mapping.fields if name not in LONG_TEXTS}}
    if mapping.priority is not None:
        ranked = stored.columns[mapping.priority.column]
        fields["priority"] = Field(described.at(ranked.name), key_codec(ranked, catalog.dialect))
    unknown = _unknown(described)
    states = _states(described, fields, unknown)
    running = mapping.states.get(State.PROCESSING)
    if mapping.events is not None:
        if "started" not in fields and running is not None:
            began = started_of(described, running, catalog)
            fields |= {} if began is None else {"started": began}
        error = latest_error(described, mapping.states.get(State.FAILED), catalog)
        texts |= {} if error is None or _ERROR in texts else {_ERROR: error}
    moving = [mapping.fields[name].column for name in _MOVING if name in mapping.fields]
    return Source(
        name=stored.written,
        rows=described.rows,
        key=(key_field,),
        fields=fields,
        states=states,
        rev=(described.text(mapping.status), *map(described.at, moving)),
        key_orders=frozenset({"created"}) if holds(key) is Holds.WHOLE else frozenset(),
        lanes=frozenset(_lanes(mapping, stored)),
        texts=texts,
        extra={_IS_UNKNOWN: case((unknown, 1), else_=0)},
        finish=_finish(mapping),
        zone_setting=ZONE,
    )


def _lanes(mapping: Mapping, stored: StoredTable) -> list[str]:
    """Return the fields whose columns an index begins with, where none is NULL."""
    return [
        name
        for name, shape in mapping.fields.items()
        if stored.leads(shape.column) and not stored.columns[shape.column].nullable
    ]


def _unknown(described: Described) -> Condition:
    """Return the condition for rows whose status the mapping does not know."""
    stored = described.stored.columns[described.mapping.status]
    if described.dialect == "postgresql" and holds(stored) is Holds.ENUM and not stored.nullable:
        return false()
    status = described.status
    return or_(status.is_(None), status.not_in([described.label(one) for one in statuses(described.mapping)]))


def _states(described: Described, fields: Table[str, Field], unknown: Condition) -> dict[State, Rule]:
    """Return a rule per state.

    A status that the mapping does not know is blocked, so that every row has a state.
    """
    rules: dict[State, Rule] = {
        state: _rule(described, shape, fields) for state, shape in described.mapping.states.items()
    }
    if isinstance(unknown, False_):
        return rules
    blocked = rules.get(State.BLOCKED)
    rules[State.BLOCKED] = (lambda _: unknown) if blocked is None else (lambda moment: or_(blocked(moment), unknown))
    return rules


def _rule(described: Described, shape: StateShape, fields: Table[str, Field]) -> Rule:
    named = described.status.in_([described.label(one) for one in shape.statuses])

    def rule(moment: Moment) -> Condition:
        parts: list[Condition] = [named]
        if shape.due is not None:
            due = fields["scheduled"]
            now = due.codec.to_store(moment.now)
            parts.append(due.at > now if shape.due == "ahead" else or_(due.at.is_(None), due.at <= now))
        if shape.attempts is not None:
            count = func.coalesce(fields["attempts"].at, 0)
            parts.append(count > 0 if shape.attempts == "some" else count <= 0)
        return and_(*parts)

    return rule


def _finish(mapping: Mapping) -> Callable[[ReadRow, Job], Job]:
    is_lower_first = mapping.priority is not None and not mapping.priority.higher_first

    def finish(row: ReadRow, job: Job) -> Job:
        remarks = job.remarks
        if row[_IS_UNKNOWN]:
            remarks = tuple(dict.fromkeys((*remarks, UNKNOWN_STATE, _UNKNOWN)))
        if is_lower_first and job.state in mapping.states and job.priority is not None:
            remarks = (*remarks, _LOWER_FIRST)
        said = str(row.get(_ERROR) or "")
        return replace(job, remarks=remarks, error=read_error(said) if said else job.error)

    return finish


def read_error(said: str) -> JobError:
    """Return an error's text with the class that it begins with, where it names one."""
    named = _CLASS.match(said)
    name, message = ("", said) if named is None else (named[1], said[named.end() :])
    return JobError(Untrusted(name), Untrusted(message), Untrusted(""))
