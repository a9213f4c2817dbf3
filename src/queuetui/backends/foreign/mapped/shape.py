"""What a mapping file may say, read from TOML; every refusal names the file and the line."""

from __future__ import annotations

from collections.abc import Mapping as Table
from dataclasses import dataclass, field, fields, replace
from typing import Literal, TypeVar

import msgspec

from queuetui.backends.foreign.mapped.lines import Path, find_lines, line_of
from queuetui.backends.foreign.mapped.side_shapes import (
    EventsShape,
    SideShape,
    Strict,
    TimesShape,
    TokensShape,
    WorkersShape,
)
from queuetui.model.act import Verb
from queuetui.model.errors import BadConfig
from queuetui.model.query import NAME_FIELDS, NUMBER_FIELDS, TEXT_FIELDS, TIME_FIELDS
from queuetui.model.state import State
from queuetui.model.toml_text import parse_toml

# Fields of the filter language that a column may hold; the others follow from the state.
COLUMN_FIELDS = frozenset({"type", "queue", "name", "worker", "key", "correlation_id", "payload", "error"}) | {
    "attempts",
    "max_attempts",
    *TIME_FIELDS,
}
LONG_TEXTS = frozenset({"payload", "error"})
VERBS = (Verb.RETRY, Verb.CANCEL, Verb.DELETE, Verb.RELEASE)
_FIELDS = frozenset({*NAME_FIELDS, *TEXT_FIELDS, *NUMBER_FIELDS, *TIME_FIELDS})
_UNKNOWN_KEY = "Object contains unknown field"
# What a draft writes for a column that it could not guess.
UNKNOWN_COLUMN = "?"
NOW, NULL, ONE_MORE, ONE_LESS = "now", "null", "+1", "-1"


class KeyShape(Strict):
    """The column that no two rows agree in; without `kind` it is as the catalog says."""

    column: str
    kind: Literal["whole", "text", "uuid", "bytes"] | None = None


class FieldShape(Strict):
    """A column whose times are stored in another way than those of the other columns."""

    column: str
    times: TimesShape | None = None


class PriorityShape(Strict):
    """The column of the priority and its direction, which no column tells."""

    column: str
    higher_first: bool


class StateShape(Strict):
    """Which rows are in a state: by their status, when they are due, and whether they have attempts."""

    statuses: list[str] = msgspec.field(name="is")
    due: Literal["past", "ahead"] | None = None
    attempts: Literal["none", "some"] | None = None


class VerbShape(Strict):
    """What a verb does to rows in some states: columns are set, or the row is deleted.

    `way` names another way of the same verb, which is used where the settings say so.
    """

    verb: str
    from_states: list[str] = msgspec.field(name="from")
    columns: dict[str, int | str] = msgspec.field(name="set", default_factory=dict)
    delete: bool = False
    only_stuck: bool = False
    note: str = ""
    way: str = ""


class CleanupShape(Strict):
    """The states that the application's own cleanup deletes, and the field that tells their age."""

    states: list[str]
    by: str = "completed"


@dataclass(frozen=True)
class _File:
    """A mapping file by its name, and where each key of it stands."""

    name: str
    lines: dict[Path, int] = field(compare=False, repr=False)

    def refuse(self, path: Path, why: str) -> BadConfig:
        """Return the refusal of what stands at a path."""
        line = line_of(path, self.lines)
        return BadConfig(f"the mapping cannot be used: {self.name} line {line}: {why}", f"{self.name}:{line}")


@dataclass(frozen=True)
class Mapping(_File):
    """A mapping file as it was read."""

    label: str
    table: str
    key: KeyShape
    status: str
    times: TimesShape
    states: Table[State, StateShape]
    fields: Table[str, FieldShape]
    priority: PriorityShape | None = None
    verbs: tuple[VerbShape, ...] = ()
    absent: Table[str, str] = field(default_factory=dict)
    events: EventsShape | None = None
    workers: WorkersShape | None = None
    tokens: TokensShape | None = None
    cleanup: CleanupShape | None = None

    @property
    def sides(self) -> tuple[tuple[str, SideShape], ...]:
        """The tables beside the jobs that are mapped, each with its key."""
        named = (("events", self.events), ("workers", self.workers), ("tokens", self.tokens))
        return tuple((key, shape) for key, shape in named if shape is not None)

    def column_of(self, name: str) -> str:
        """Return the column of what a verb sets: the status, the priority or a field."""
        if name == "status":
            return self.status
        return self.priority.column if name == "priority" and self.priority else self.fields[name].column

    def in_zone(self, zone: str) -> Mapping:
        """Return the mapping with another zone of the application, as a profile names it."""
        return replace(self, times=msgspec.structs.replace(self.times, zone=zone))


_TOP = tuple(one.name for one in fields(Mapping) if one.name not in {one.name for one in fields(_File)})
_Shape = TypeVar("_Shape")


@dataclass(frozen=True)
class _Reader(_File):
    """One file while it is read."""

    document: dict[str, object]

    def read(self, path: Path, value: object, kind: type[_Shape]) -> _Shape:
        try:
            return msgspec.convert(value, kind)
        except msgspec.ValidationError as error:
            why, _, place = str(error).partition(" - at `$")
            inner = place.strip("`.")
            shown = ".".join(str(part) for part in (*path, *([inner] if inner else [])))
            unknown = [why.rpartition(" ")[2].strip("`")] if why.startswith(_UNKNOWN_KEY) else []
            raise self.refuse(
                (*path, *filter(None, inner.split(".")), *unknown), f"{shown}: {_in_plain_words(why)}"
            ) from None

    def text(self, key: str) -> str:
        if key not in self.document:
            raise self.refuse((), f'{key} is missing; write {key} = "..."')
        return self.read((key,), self.document[key], str)

    def column_name(self, key: str) -> str:
        """Read the name of a column that must be there."""
        name = self.text(key)
        if name == UNKNOWN_COLUMN:
            raise self.refuse((key,), f'{key} is not filled in yet; write {key} = "COLUMN"')
        return name

    def table(self, key: str) -> dict[str, object]:
        value = self.document.get(key, {})
        if not isinstance(value, dict):
            raise self.refuse((key,), f"{key} is a table; write it as [{key}]")
        return value

    def optional(self, key: str, kind: type[_Shape]) -> _Shape | None:
        """Read a table of the file that may be missing."""
        return self.read((key,), self.document[key], kind) if key in self.document else None

    def column(self, path: Path, value: object) -> FieldShape:
        """Read a column's name, or a table that says more of it."""
        return FieldShape(column=value) if isinstance(value, str) else self.read(path, value, FieldShape)


def read_mapping(text: str, name: str) -> Mapping:
    """Read a mapping file.

    Raises BadConfig for text that is not TOML, an unknown key and a value of the wrong kind.
    """
    try:
        document = parse_toml(text)
    except ValueError as error:
        raise BadConfig(f"the mapping cannot be used: {name} is not TOML: {error}", name) from None
    reader = _Reader(name, find_lines(text), document)
    for key in document:
        if key not in _TOP:
            raise reader.refuse((key,), f"there is no key {key!r}; there are: {', '.join(_TOP)}")
    named = document.get("key")
    return Mapping(
        name=name,
        lines=reader.lines,
        label=reader.text("label"),
        table=reader.text("table"),
        key=KeyShape(column=reader.column_name("key"))
        if isinstance(named, str)
        else reader.read(("key",), named or {}, KeyShape),
        status=reader.column_name("status"),
        times=reader.read(("times",), document.get("times", {}), TimesShape),
        states=_read_states(reader),
        fields=_read_fields(reader),
        priority=reader.optional("priority", PriorityShape),
        verbs=_read_verbs(reader),
        absent=_read_absent(reader),
        events=reader.optional("events", EventsShape),
        workers=reader.optional("workers", WorkersShape),
        tokens=reader.optional("tokens", TokensShape),
        cleanup=reader.optional("cleanup", CleanupShape),
    )


def _read_states(reader: _Reader) -> dict[State, StateShape]:
    found: dict[State, StateShape] = {}
    for name, value in reader.table("states").items():
        if name not in set(State):
            raise reader.refuse(("states", name), f"there is no state {name!r}; there are: {', '.join(State)}")
        found[State(name)] = reader.read(("states", name), value, StateShape)
    if not found:
        raise reader.refuse(
            ("states",), 'no state is mapped; write [states] with lines like failed = { is = ["failed"] }'
        )
    return found


def _read_fields(reader: _Reader) -> dict[str, FieldShape]:
    found: dict[str, FieldShape] = {}
    for name, value in reader.table("fields").items():
        path = ("fields", name)
        if name == "priority":
            raise reader.refuse(path, "which end runs first must be said; write priority = { column, higher_first }")
        if name not in COLUMN_FIELDS:
            known = ", ".join(sorted(COLUMN_FIELDS))
            raise reader.refuse(path, f"a job has no field {name!r} that a column could hold; there are: {known}")
        found[name] = reader.column(path, value)
    if "type" not in found:
        raise reader.refuse(("fields",), 'the type of a job is not mapped; write type = "COLUMN" in [fields]')
    return found


def _read_verbs(reader: _Reader) -> tuple[VerbShape, ...]:
    value = reader.document.get("verbs", [])
    if not isinstance(value, list):
        raise reader.refuse(("verbs",), "verbs are a list; write each as [[verbs]]")
    return tuple(reader.read(("verbs", place), one, VerbShape) for place, one in enumerate(value))


def _read_absent(reader: _Reader) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in reader.table("absent").items():
        if name not in _FIELDS:
            raise reader.refuse(
                ("absent", name), f"a job has no field {name!r}; there are: {', '.join(sorted(_FIELDS))}"
            )
        found[name] = reader.read(("absent", name), value, str)
    return found


def _in_plain_words(why: str) -> str:
    if why.startswith(_UNKNOWN_KEY):
        return f"there is no key {why.rpartition(' ')[2].strip('`')!r} here"
    if why.startswith("Object missing required field"):
        return f"{why.rpartition(' ')[2].strip('`')} is missing"
    return why[0].lower() + why[1:]
