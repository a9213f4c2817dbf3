"""Inert pictures of PHP values; knows no byte format and runs nothing."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

PhpScalar: TypeAlias = bool | int | float | str | bytes | None
PhpKey: TypeAlias = int | str

_MOST_DIGITS = 9
MODEL_IDENTIFIER = "Illuminate\\Contracts\\Database\\ModelIdentifier"
MODEL_LABEL = "@label"  # not a name that a PHP property has


@dataclass(frozen=True, slots=True)
class PhpArray:
    """An ordered PHP array, keys as PHP keeps them."""

    items: dict[PhpKey, PhpValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PhpObject:
    """An object that was never built: its class name and its properties under their bare names."""

    class_name: str
    properties: dict[PhpKey, PhpValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PhpEnum:
    """An enum case by name."""

    class_name: str
    case: str


@dataclass(frozen=True, slots=True)
class PhpCustom:
    """The undecoded body of a class that writes its own format."""

    class_name: str
    body: str | bytes


@dataclass(frozen=True, slots=True)
class PhpReference:
    """A pointer to an earlier value, by its 1-based slot.

    It stays a pointer: following it while copying could loop or grow without bound.
    """

    slot: int


PhpValue: TypeAlias = PhpScalar | PhpArray | PhpObject | PhpEnum | PhpCustom | PhpReference


@dataclass(frozen=True, slots=True)
class PhpDocument:
    """One read text: its root, the slots that references name, and whether the text was whole."""

    root: PhpValue
    slots: tuple[PhpValue, ...] = ()
    complete: bool = True

    def follow(self, value: PhpValue) -> PhpValue:
        """Return what a reference points at; a reference to a reference or to nowhere gives None."""
        if not isinstance(value, PhpReference):
            return value
        if not 1 <= value.slot <= len(self.slots):
            return None
        target = self.slots[value.slot - 1]
        return None if isinstance(target, PhpReference) else target

    def find(self, path: str) -> PhpValue:
        """Return the value at a dotted path of properties and keys, None where there is none."""
        return self.find_at(path.split("."))

    def find_at(self, path: Iterable[str]) -> PhpValue:
        """Return the value behind properties and keys, one after the other, None where there is none."""
        value = self.follow(self.root)
        for step in path:
            value = self.follow(_step_into(value, step))
            if value is None:
                return None
        return value


def _step_into(value: PhpValue, step: str) -> PhpValue:
    members = _members(value)
    if members is None:
        return None
    if step in members:
        return members[step]
    return members.get(int(step)) if step.isdecimal() and len(step) <= _MOST_DIGITS else None


def _members(value: PhpValue) -> dict[PhpKey, PhpValue] | None:
    match value:
        case PhpArray():
            return value.items
        case PhpObject():
            return value.properties
    return None


def to_json(value: PhpValue) -> object:
    """Return a copy made of JSON's own types; what PHP alone has is named by a key with an at sign.

    Recurses as deep as the value is, which the reader has bounded.
    """
    match value:
        case PhpArray(items) if list(items) == list(range(len(items))):
            return [to_json(item) for item in items.values()]
        case PhpArray(items):
            return _members_to_json(items)
        case PhpObject(class_name, properties):
            return {"@class": class_name} | _members_to_json(properties)
        case bool() | int() | str() | None:
            return value
    return _special_to_json(value)


def from_json(value: object, depth: int) -> PhpValue:
    """Return decoded JSON as the value that PHP makes of it, with no more than `depth` levels."""
    match value:
        case dict() | list() if not depth:
            return None
        case dict():
            return PhpArray({str(key): from_json(item, depth - 1) for key, item in value.items()})
        case list():
            return PhpArray({place: from_json(item, depth - 1) for place, item in enumerate(value)})
        case bool() | int() | float() | str():
            return value
    return None


def _members_to_json(members: dict[PhpKey, PhpValue]) -> dict[str, object]:
    return {str(key): to_json(item) for key, item in members.items()}


def _special_to_json(value: PhpValue) -> object:
    match value:
        case PhpEnum(class_name, case):
            return {"@enum": f"{class_name}::{case}"}
        case PhpCustom(class_name, body):
            return {"@class": class_name, "@body": to_json(body)}
        case PhpReference(slot):
            return {"@reference": slot}
        case bytes():
            return {"@bytes": value.hex()}
        case float() if not math.isfinite(value):
            return {"@float": str(value)}
    return value
