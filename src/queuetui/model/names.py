"""The one check of the names that people give to queues and tags, of texts and of flags."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

LONGEST_NAME_CHARS = 200
_COUNTED_TAG = re.compile(r"[\w.-]{1,32}")
_SHOWN_CHARS = 40


def shown(value: object) -> str:
    """Return how a refused value is written in a message, whatever it is."""
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001 - an object's own methods may raise anything
        return f"a {type(value).__name__}"
    return text if len(text) <= _SHOWN_CHARS else f"{text[:_SHOWN_CHARS]}..."


def read_text(value: object, what: str) -> str:
    """Return a text that is not blank, as plain `str`; raises TypeError or ValueError."""
    if not isinstance(value, str):
        raise TypeError(f"{what} is {shown(value)}; give a text")
    text = str.__str__(value)
    if not text or text.isspace():
        raise ValueError(f"{what} is empty; give a text, or leave it away")
    return text


def read_filter(value: object) -> str:
    """Return the text of a filter, which may be empty; raises TypeError."""
    if not isinstance(value, str):
        raise TypeError(f"the filter is {shown(value)}; give a text, such as 'state:failed'")
    return str.__str__(value)


def read_flag(value: object, name: str) -> bool:
    """Return a choice of yes or no; raises TypeError."""
    if not isinstance(value, bool):
        raise TypeError(f"{name} is {shown(value)}; give True or False")
    return value


def read_queue(name: object) -> str:
    """Return the name of one queue; raises TypeError or ValueError saying what to write."""
    return _read_name(name, "queue")


def read_tags(tags: object, what: str = "tags") -> tuple[str, ...]:
    """Return tags once each, in order; raises TypeError or ValueError saying what to write."""
    if isinstance(tags, str | bytes | Mapping) or not isinstance(tags, Iterable):
        raise TypeError(f"{what} is {shown(tags)}; give a list of texts, such as ['db-1']")
    return tuple(dict.fromkeys(_read_name(tag, "tag") for tag in tags))


def read_counted_tag(name: str) -> str:
    """Return the name of a tag that runs may be counted by; raises ValueError."""
    if not _COUNTED_TAG.fullmatch(name):
        message = f"{name[:40]!r} is no name of a tag to count by; of the tag provider:acme it is provider"
        raise ValueError(message)
    return name


def read_many(values: object, what: str) -> tuple[Any, ...]:
    """Return all of a list; raises TypeError.

    One text or dict is refused too: its letters or keys would be taken for many.
    """
    if isinstance(values, str | bytes | Mapping) or not isinstance(values, Iterable):
        raise TypeError(f"{what} is {shown(values)}; give a list")
    return tuple(values)


def read_queues(names: object) -> tuple[str, ...]:
    """Return the names of at least one queue, once each, in order; raises TypeError or ValueError."""
    if isinstance(names, str | bytes | Mapping) or not isinstance(names, Iterable):
        raise TypeError(f"queues is {shown(names)}; give a list of names, such as ['mail'], or None for all queues")
    read = tuple(dict.fromkeys(map(read_queue, names)))
    if not read:
        raise ValueError("no queue is named; name one, or None for all queues")
    return read


def _read_name(name: object, what: str) -> str:
    if not isinstance(name, str):
        raise TypeError(f"the {what} is {shown(name)}; give a text, such as 'mail'")
    text = str.__str__(name)
    if (fault := _fault(text)) is not None:
        raise ValueError(f"{shown(text)} is no name of a {what}: {fault}")
    return text


@lru_cache(maxsize=1000)
def _fault(name: str) -> str | None:
    """Return why a text is no name, None where it is one."""
    if not name or name.isspace():
        return "it is empty"
    if len(name) > LONGEST_NAME_CHARS:
        return f"it has {len(name)} characters; use at most {LONGEST_NAME_CHARS}"
    if "*" in name or "?" in name:
        return "wildcards are not taken; write each name out"
    if "," in name:
        return "a comma parts names; give each on its own"
    if not name.isprintable():
        return "it holds a character that cannot be printed; use printable characters"
    if name != name.strip():
        return "it begins or ends with a space; take that away"
    return None
