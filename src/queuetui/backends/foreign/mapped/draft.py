"""Writes a first mapping file for a table, for a person to correct.

It is guessed from the catalog and some rows.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence

from queuetui.backends.base import BackendOptions
from queuetui.backends.foreign.mapped.check import KEYS, NUMBERS, require_fit
from queuetui.backends.foreign.mapped.draft_samples import read_statuses, read_times
from queuetui.backends.foreign.mapped.guesses import (
    guess_fields,
    guess_key,
    guess_priority,
    guess_state,
    guess_status,
    guess_type,
)
from queuetui.backends.foreign.mapped.shape import NOW, NULL, UNKNOWN_COLUMN, read_mapping
from queuetui.backends.foreign.mapped.side_shapes import TimesKind, TimesShape
from queuetui.backends.sql.catalog import Catalog, StoredTable, read_catalog
from queuetui.backends.sql.console_connection import open_database
from queuetui.backends.sql.stored_types import Holds, holds
from queuetui.backends.tables.codecs import IsoText
from queuetui.model.errors import BadConfig, NotFound
from queuetui.model.query import NUMBER_FIELDS, TIME_FIELDS
from queuetui.model.state import State

FILL_IN = "# Fill in: "
_TEXTS = (Holds.TEXT, Holds.ENUM)
_KINDS: dict[Holds, TimesKind] = {Holds.ZONED: "zoned", Holds.NAIVE: "naive", Holds.TEXT: "iso"}
_CLOCK = "the zone of the application's wall clock: correct it"


def draft_mapping(url: str, name: str, options: BackendOptions) -> str:
    """Return a mapping file for a table; raises NotFound where it is not there; reading only."""
    database = open_database(url, options.statement_timeout_s, options.connect_timeout_s)
    try:
        with database.reading(f"reading what the table {name} has") as connection:
            catalog = read_catalog(connection)
            stored = catalog.find(name) or catalog.find(_unquoted(name))
            if stored is None:
                there = ", ".join(sorted(one.written for one in catalog.tables)[:20]) or "none"
                raise NotFound(f"there is no table {name!r}; there are: {there}")
            statuses, seen = read_statuses(connection, stored), read_times(connection, stored)
            return write_draft(stored, catalog, statuses, seen)
    finally:
        database.close()


def _unquoted(name: str) -> str:
    """Return a name as the catalog has it where a person wrote it as a statement would."""
    parts = re.findall(r'"(?:[^"]|"")+"|`(?:[^`]|``)+`|[^."`]+', name)
    if ".".join(parts) != name:
        return name
    return ".".join(part[1:-1].replace(part[0] * 2, part[0]) if part[0] in '"`' else part for part in parts)


def write_draft(stored: StoredTable, catalog: Catalog, statuses: Sequence[str], seen: Mapping[str, TimesShape]) -> str:
    """Return the text of a mapping file; each thing that a person must fill in has a line at its top."""
    fields = _fields(stored, seen)
    text = "\n".join(_lines(stored, statuses, fields, seen)) + "\n"
    missing = list(_missing(stored, statuses, fields))
    if not missing:
        try:
            require_fit(read_mapping(text, "the draft"), catalog)
        except BadConfig as error:
            missing.append(re.sub(r"^.*the draft line \d+: ", "", str(error)))
    unknown = [one for one in statuses if guess_state(one) is None]
    if unknown:
        missing.append(
            f"[states] shows {', '.join(map(repr, unknown))} as blocked, as the names do not say what they mean; "
            "move each to its state, and add the verbs that fit"
        )
    status = guess_status(stored.columns)
    if status is not None and stored.columns[status].computed:
        missing.append(
            f"[[verbs]] cannot set {status}, which the database computes; add the verbs that fit, "
            "which set the columns that it is computed from"
        )
    return "".join(f"{FILL_IN}{one}\n" for one in missing) + text


def _missing(stored: StoredTable, statuses: Sequence[str], fields: Mapping[str, str]) -> Iterator[str]:
    if _key(stored) is None and (unfit := _unique(stored)):
        yield f"key: {unfit[0]} holds {holds(stored.columns[unfit[0]])}; a key is whole numbers, texts, uuids or bytes"
    elif _key(stored) is None:
        yield (
            "key: no column has a unique index of its own (a view has none), so no row can be named; "
            "map the table that holds the rows, or give this one such an index"
        )
    elif stored.columns[_key(stored) or ""].nullable:
        yield f"key: {_key(stored)} may be NULL, and a row without it has no name; make it NOT NULL"
    if guess_status(stored.columns) is None:
        yield (
            'status: no column is called status or state; write status = "COLUMN" and the [states]; '
            "where a state stands in several columns, add a generated column that tells it"
        )
    elif not statuses:
        yield 'states: no row bears a status yet; write [states] with lines like failed = { is = ["failed"] }'
    if "type" not in fields:
        yield 'type: no column of texts is left that says what kind of work a job is; write type = "COLUMN" in [fields]'


def _fields(stored: StoredTable, seen: Mapping[str, TimesShape]) -> dict[str, str]:
    """Return the columns of fields that can hold what the field means."""
    taken = (_key(stored), guess_status(stored.columns), guess_priority(stored.columns))
    left = [name for name in stored.columns if name not in taken]
    guessed = guess_fields(left)
    fields = {name: column for name, column in guessed.items() if _can_hold(stored, name, column, seen)}
    if "type" not in fields:
        texts = [one for one in left if one not in fields.values() and holds(stored.columns[one]) in _TEXTS]
        found = guess_type(texts)
        return fields if found is None else {"type": found, **fields}
    return fields


def _can_hold(stored: StoredTable, field: str, column: str, seen: Mapping[str, TimesShape]) -> bool:
    if field in NUMBER_FIELDS:
        return holds(stored.columns[column]) in NUMBERS
    return field not in TIME_FIELDS or _times(stored, column, seen) is not None


def _lines(
    stored: StoredTable, statuses: Sequence[str], fields: dict[str, str], seen: Mapping[str, TimesShape]
) -> Iterator[str]:
    status, priority = guess_status(stored.columns), guess_priority(stored.columns)
    found = {name: _times(stored, column, seen) for name, column in fields.items() if name in TIME_FIELDS}
    written = {name: _written_times(times) for name, times in found.items() if times is not None}
    usual = next(iter(written.values()), _written_times(TimesShape(kind="zoned")))
    yield f"# The table {_text(stored.written)}, guessed by the names of its columns. Read each line, correct it, and try it with:"
    yield "#   queuetui jobs --url URL --mapping THIS_FILE"
    yield f"label = {_text(stored.name)}"
    yield f"table = {_text(stored.written)}"
    yield f"key = {_text(_key(stored) or UNKNOWN_COLUMN)}"
    yield f"status = {_text(status or UNKNOWN_COLUMN)}"
    yield f"times = {usual}" + (f"  # {_CLOCK}" if "zone = " in usual else "")
    if priority is not None and holds(stored.columns[priority]) in NUMBERS:
        yield f"priority = {{ column = {_text(priority)}, higher_first = true }}  # false where a lower number runs first"
    yield from ("", "[fields]")
    if "type" not in fields:
        yield '# type = "?"'
    for name, column in fields.items():
        yield f"{name} = {_written(column, written.get(name, usual), usual)}"
    unused = set(stored.columns) - {*fields.values(), _key(stored), status, priority}
    if unused:
        yield f"# not used: {', '.join(map(_text, sorted(unused)))}"
    yield from _states(statuses, fields)
    yield from _verbs(stored, statuses, fields)


def _unique(stored: StoredTable) -> list[str]:
    return [index.columns[0] for index in stored.indexes if index.is_unique and len(index.columns) == 1]


def _key(stored: StoredTable) -> str | None:
    fitting = [name for name in _unique(stored) if holds(stored.columns[name]) in KEYS.values()]
    # A row whose key is NULL has no name.
    return guess_key([name for name in fitting if not stored.columns[name].nullable] or fitting)


def _times(stored: StoredTable, column: str, seen: Mapping[str, TimesShape]) -> TimesShape | None:
    kind = _KINDS.get(holds(stored.columns[column]))
    return seen.get(column) or (None if kind is None else TimesShape(kind=kind))


def _written_times(times: TimesShape) -> str:
    form = f", form = {_text(times.form)}" if times.form else ""
    lacks_zone = IsoText().lacks_zone(times.form) if times.form else times.kind == "naive"
    zone = f", zone = {_text(times.zone)}" if lacks_zone else ""
    return f'{{ kind = "{times.kind}"{form}{zone} }}'


def _written(column: str, times: str, usual: str) -> str:
    return _text(column) if times == usual else f"{{ column = {_text(column)}, times = {times} }}"


def _by_state(statuses: Sequence[str]) -> dict[State, list[str]]:
    found: dict[State, list[str]] = {}
    for status in statuses:
        found.setdefault(guess_state(status) or State.BLOCKED, []).append(status)
    return {state: found[state] for state in State if state in found}


def _states(statuses: Sequence[str], fields: dict[str, str]) -> Iterator[str]:
    by_state = _by_state(statuses)
    yield from ("", "# Each row must be in exactly one state.", "[states]")
    for state, named in by_state.items():
        shown = f"is = [{', '.join(map(_text, named))}]"
        if state is not State.PENDING:
            unknown = [one for one in named if guess_state(one) is None]
            yield f"{state} = {{ {shown} }}" + (f"  # not guessed: {', '.join(map(_text, unknown))}" if unknown else "")
            continue
        fresh = ', attempts = "none"' if "attempts" in fields and State.RETRYING not in by_state else ""
        has_due = "scheduled" in fields and State.SCHEDULED not in by_state
        past = ', due = "past"' if has_due else ""
        yield f"pending = {{ {shown}{past}{fresh} }}"
        if has_due:
            yield f'scheduled = {{ {shown}, due = "ahead"{fresh} }}'
        if fresh:
            yield f'retrying = {{ {shown}, attempts = "some" }}  # leave it away where a waiting job with attempts is no retry'


def _verbs(stored: StoredTable, statuses: Sequence[str], fields: dict[str, str]) -> Iterator[str]:
    by_state = _by_state(statuses)
    waiting = by_state.get(State.PENDING)
    if waiting is None:
        return
    yield from ("", "# What may be done to a row; leave away what the application does not expect.")
    status = guess_status(stored.columns)
    if status is None or not stored.columns[status].computed:
        yield from _ways_back(stored, waiting[0], set(by_state), fields)
    final = [state for state in (State.COMPLETED, State.FAILED, State.CANCELLED) if state in by_state]
    if final:
        yield from ("[[verbs]]", 'verb = "delete"', f"from = [{', '.join(map(_text, final))}]", "delete = true")


def _ways_back(stored: StoredTable, status: str, states: set[State], fields: dict[str, str]) -> Iterator[str]:
    times = {"scheduled": NOW, "started": NULL, "completed": NULL, "updated": NOW}
    columns = {name: stored.columns[fields[name]] for name in times if name in fields}
    again = {"status": _text(status)} | {
        name: _text(times[name])
        for name, column in columns.items()
        if not column.computed and (times[name] == NOW or column.nullable)
    }
    afresh = again | ({"attempts": "0"} if "attempts" in fields else {})
    if State.FAILED in states:
        yield from _verb("retry", "failed", afresh)
    if State.PROCESSING in states and "started" in fields:
        yield from _verb("release", "processing", again, "only_stuck = true")


def _verb(verb: str, state: str, values: dict[str, str], *more: str) -> Iterator[str]:
    shown = ", ".join(f"{name} = {value}" for name, value in values.items())
    yield from ("[[verbs]]", f'verb = "{verb}"', f'from = ["{state}"]', *more, f"set = {{ {shown} }}", "")


def _text(value: str) -> str:
    """Return a text as TOML writes it, which is how JSON does."""
    return json.dumps(value, ensure_ascii=False)
