"""Finds work that nobody has done in what a handler returned."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, Coroutine, Generator, Iterable
from contextlib import suppress
from dataclasses import fields, is_dataclass
from types import MappingProxyType

from queuetui.model.handler import INSTEAD

# What does its work only when somebody asks for its items, or awaits it.
LAZY = (Generator, AsyncGenerator, Coroutine, map, filter, zip, enumerate)
# Nothing else is looked into: going through what an application has made may be work of its own.
_COLLECTIONS: tuple[type[Iterable[object]], ...] = (
    list,
    tuple,
    set,
    frozenset,
    deque,
    type({}.keys()),
    type({}.values()),
    type({}.items()),
)
_PLAIN = (str, bytes, int, float, type(None))


class Undone(BaseException):
    """A result is work that nobody has done."""


def refuse_undone(value: object) -> None:
    """Look through a result, at whatever depth.

    Raises Undone for a generator, a coroutine or a task that goes on.
    """
    left, seen = [value], set[int]()
    while left:
        one = left.pop()
        if isinstance(one, _PLAIN) or id(one) in seen:
            continue
        _refuse(one)
        seen.add(id(one))
        # Values of odd classes may raise when looked at: what cannot be looked into holds nothing for us.
        with suppress(Exception):
            left.extend(_parts_of(one))


def _parts_of(value: object) -> Iterable[object]:
    if isinstance(value, dict | MappingProxyType):
        return [*value.keys(), *value.values()]
    if isinstance(value, _COLLECTIONS):
        return list(value)
    if is_dataclass(value) and not isinstance(value, type):
        return [getattr(value, field.name) for field in fields(value)]
    return ()


def _refuse(value: object) -> None:
    kind = type(value)
    if isinstance(value, Coroutine):
        # One that is closed is not warned of as never awaited.
        with suppress(Exception):
            value.close()
        raise Undone(f"the handler returned a {kind.__name__}, which nothing runs; await it in the handler")
    if isinstance(value, LAZY) or kind.__module__ == "itertools":
        raise Undone(f"the handler returned a {kind.__name__}, which nothing runs; {INSTEAD}")
    if _goes_on(value):
        raise Undone(
            f"the handler returned a {kind.__name__} that is not done; await it, or its result, in the handler"
        )


def _goes_on(value: object) -> bool:
    """Tell whether this is a task or future, of whatever library, that has no result yet."""
    if not hasattr(type(value), "add_done_callback"):
        return False
    with suppress(Exception):
        return not value.done()  # type: ignore[attr-defined]  # what has no such method is no future
    return False
