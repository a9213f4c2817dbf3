"""What a Laravel job is about, the line of the data column, and what a filter finds in it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice

from queuetui.backends.payloads.php_values import (
    MODEL_IDENTIFIER,
    MODEL_LABEL,
    PhpArray,
    PhpDocument,
    PhpEnum,
    PhpKey,
    PhpObject,
    PhpValue,
    to_json,
)
from queuetui.model.query import Value

_CARRIED = {
    "Illuminate\\Broadcasting\\BroadcastEvent": ("event",),
    "Illuminate\\Events\\CallQueuedListener": ("data",),
    "Illuminate\\Mail\\SendQueuedMailable": ("mailable",),
    "Illuminate\\Notifications\\SendQueuedNotifications": ("notification", "notifiables"),
}

# Properties that queued classes, events, mailables and notifications carry for the framework's own use.
_FRAMEWORK_PROPERTIES = frozenset(
    {
        "afterCommit", "backoff", "batchId", "chainCatchCallbacks", "chainConnection", "chainQueue", "chained",
        "closure", "connection", "deduplicator", "delay", "deleteWhenMissingModels", "failOnTimeout",
        "failureCallbacks", "job", "maxExceptions", "messageGroup", "middleware", "queue", "retryAfter",
        "retryUntil", "shouldBeEncrypted", "timeout", "tries", "uniqueFor", "uniqueId",
        "broadcastConnection", "broadcastQueue", "socket",
        "assertionableRenderStrings", "attachments", "bcc", "callbacks", "cc", "diskAttachments", "from", "html",
        "locale", "mailer", "markdown", "rawAttachments", "replyTo", "textView", "theme", "view",
    }
)  # fmt: skip

# Each entry is one thing to show; its alternatives are tried from left to right.
DEFAULT_SUMMARY_PATHS: tuple[str, ...] = (
    "product.sku|sku|product|product.id|productId|product_id",
    "shop.name|shopName|shop_name|shop|shop.id|shopId|shop_id",
)

# Classes of PHP itself that keep flags in front of what they hold.
_SPL_CONTAINERS = frozenset({"ArrayObject", "ArrayIterator", "SplDoublyLinkedList", "SplQueue", "SplStack"})
_IDENTITY_STEPS = frozenset({"id", "name", "uuid", "key"})
_MOST_ITEMS = 3
_MOST_MEMBERS = 20  # looked through in one object or array
_MOST_STEPS = 4
_LONGEST_VALUE = 60
_MOST_DIGITS = 9


def summarise(document: PhpDocument, paths: Sequence[str] = DEFAULT_SUMMARY_PATHS) -> str:
    """Return `label value` pairs found at the paths, else the first values of what the job is about."""
    subject = _subject_of(document)
    found = (_first_found(document, entry) or _first_found(subject, entry) for entry in paths)
    named = [pair for pair in found if pair]
    return " ".join(named or islice(_pairs(subject, "", subject.root), _MOST_ITEMS))


def _first_found(document: PhpDocument, entry: str) -> str | None:
    for path in entry.split("|"):
        shown = _show(document, document.find(path.strip()))
        if shown is not None:
            return f"{_label(path.strip())} {shown}"
    return None


def _pairs(document: PhpDocument, label: str, stored: PhpValue, steps: int = _MOST_STEPS) -> Iterator[str]:
    """Yield what a value says: itself, how many it holds with the first, or what its members say."""
    value = document.follow(stored)
    members = _members_of(value)
    shown = None if members is not None and not _is_model(value) else _show(document, value)
    if shown is not None:
        yield f"{label} {shown}".strip()
    elif members and steps:
        parts = islice(members.items(), _MOST_MEMBERS)
        if label and list(members) == list(range(len(members))):
            first = next((pair for _, part in parts for pair in _pairs(document, "", part, steps - 1)), "")
            yield f"{label} {len(members):,}" + (f": {first}" if first else "")
        else:
            for key, part in parts:
                yield from _pairs(document, _join(label, key), part, steps - 1)


def _members_of(value: PhpValue) -> dict[PhpKey, PhpValue] | None:
    """Return what a collection holds, a model's attributes, or the members of any other object or array."""
    match value:
        case PhpArray(items):
            return items
        case (
            PhpObject(properties={"date": str(), "timezone_type": int()})
            | PhpObject(properties={"y": int(), "i": int()})
        ):
            return None
        case PhpObject(properties={"items": PhpArray(items)}) if value.class_name.endswith("Collection"):
            return items
        case PhpObject(properties={"attributes": PhpArray(items), "original": PhpArray()}):
            return items
        case PhpObject(properties={"class": str(), "id": PhpArray(items)}) if _is_model(value):
            return items
        case PhpObject("SplObjectStorage", {0: PhpArray(items)}):
            # Objects and what is noted of each take turns.
            return dict(enumerate(list(items.values())[::2]))
        case PhpObject(properties=properties):
            # What a class's own property hides of its parent is no more than confusing here.
            return _held_by_spl(value) or {key: one for key, one in properties.items() if "::" not in str(key)}
    return None


def _held_by_spl(value: PhpObject) -> dict[PhpKey, PhpValue] | None:
    held = value.properties.get(1)
    return held.items if value.class_name in _SPL_CONTAINERS and isinstance(held, PhpArray) else None


def _is_model(value: PhpValue) -> bool:
    return isinstance(value, PhpObject) and value.class_name == MODEL_IDENTIFIER


def _join(label: str, key: PhpKey) -> str:
    """Return the label of a member; a number in a list is no name."""
    return label if isinstance(key, int) else f"{label}.{key}" if label else key


def _show(document: PhpDocument, value: PhpValue) -> str | None:
    """Show a scalar, an enum's case, a time, or the id of a model; nothing else fits a column."""
    match value:
        case PhpEnum():
            return value.case
        case PhpObject(properties=members) if isinstance(members.get(MODEL_LABEL), str):
            return _show(document, members[MODEL_LABEL])
        case PhpObject(properties={"date": str(date), "timezone_type": int()}):
            return _show(document, date.partition(".")[0])
        case PhpObject(properties={"y": int(), "m": int(), "d": int(), "h": int(), "i": int(), "s": int()} as parts):
            return _span(parts)
        case PhpObject(properties=members):
            identity = document.follow(members.get("id"))
            return None if isinstance(identity, PhpObject) else _show(document, identity)
        case bool():
            return "yes" if value else "no"
        case str() | int() | float():
            text = str(value)
            return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "\N{HORIZONTAL ELLIPSIS}"
    return None


def _span(parts: Mapping[PhpKey, PhpValue]) -> str:
    """Return a DateInterval as its constructor takes it: `P1DT2H`."""

    def written(names: str) -> str:
        return "".join(f"{parts[name]!r}{'M' if name == 'i' else name.upper()}" for name in names if parts[name])

    days, times = written("ymd"), written("his")
    sign = "-" if parts.get("invert") else ""
    return f"{sign}P{days}{f'T{times}' if times else ''}" if days or times else "PT0S"


def _label(path: str) -> str:
    steps = path.split(".")
    if len(steps) > 1 and steps[-1] in _IDENTITY_STEPS:
        steps = steps[:-1]
    last = steps[-1]
    for suffix in ("Name", "_name", "Id", "_id"):
        if last.endswith(suffix) and len(last) > len(suffix):
            return last[: -len(suffix)]
    return last


def _subject_of(document: PhpDocument) -> PhpDocument:
    """Return the document with what the job is about as its root, without the framework's own properties."""
    root = document.root
    carried = [
        (key, document.find(key)) for key in (_CARRIED.get(root.class_name, ()) if isinstance(root, PhpObject) else ())
    ]
    if not carried or carried[0][1] is None:
        return replace(document, root=_own(root))
    (_, first), *others = carried
    alone = _only_member(first)
    subject = _own(first if alone is None else document.follow(alone))
    more: dict[PhpKey, PhpValue] = {key: value for key, value in others if value is not None}
    if more and isinstance(subject, PhpObject):
        # The id of a notification is a random one, made when it is sent.
        kept = {key: value for key, value in subject.properties.items() if key != "id"}
        subject = replace(subject, properties={**kept, **more})
    return replace(document, root=subject)


def _only_member(value: PhpValue) -> PhpValue:
    """Return the one object of an array: a listener's data is its event in an array."""
    match value:
        case PhpArray(items) if list(items) == [0] and not isinstance(items[0], str | int | float):
            return items[0]
    return None


def _own(value: PhpValue) -> PhpValue:
    if not isinstance(value, PhpObject):
        return value
    own: dict[PhpKey, PhpValue] = {
        key: member for key, member in value.properties.items() if key not in _FRAMEWORK_PROPERTIES
    }
    return replace(value, properties=own)


def values_at(document: PhpDocument, path: tuple[str, ...]) -> list[Value]:
    """Return what a command holds at a path, references followed, an enum by its case and whole name.

    The path may also begin in what the job is about, and lead through collections, as the data column names things.
    """
    if path[:2] == ("data", "command"):
        path = path[2:]
    if not path:
        return []
    stored = document.find_at(path)
    return _texts_of(_find_shown(_subject_of(document), path) if stored is None else stored)


def _find_shown(subject: PhpDocument, path: tuple[str, ...]) -> PhpValue:
    found = subject.follow(subject.root)
    for step in path:
        members = _members_of(found) or {}
        key: PhpKey = step if step in members or not step.isdecimal() else int(step[:_MOST_DIGITS])
        found = subject.follow(members.get(key))
    return found


def _texts_of(found: PhpValue) -> list[Value]:
    match found:
        case None:
            return []
        case PhpEnum(class_name, case):
            return [case, f"{class_name}::{case}", f"{class_name.rpartition(chr(92))[2]}::{case}"]
        case bool():
            return [json.dumps(found)]
        case int() | float():
            return [float(found), str(found)]
        case str():
            return [found]
        case PhpArray() | PhpObject():
            return [json.dumps(to_json(found))]
    return []
