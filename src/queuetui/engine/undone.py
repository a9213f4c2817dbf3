"""Finds generators, coroutines and unfinished tasks in a handler's result: work that was not done."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, Coroutine, Generator, Iterable
from contextlib import suppress
from dataclasses import fields, is_dataclass
from types import MappingProxyType

from queuetui.model.handler import INSTEAD

# Types that do their work only when they are iterated or awaited.
LAZY = (Generator, AsyncGenerator, Coroutine, map, filter, zip, enumerate)
# Only these are searched: iterating an application's own collection may have side effects.
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
    """A result contains work that was not done."""


def refuse_undone(value: object) -> None:
    """Search a result to any depth.

    Raises Undone for a generator, a coroutine or an unfinished task.
    """
    left, seen = [value], set[int]()
    while left:
        one = left.pop()
        if isinstance(one, _PLAIN) or id(one) in seen:
            continue
        _refuse(one)
        seen.add(id(one))
        # A value of an application's class may raise when it is read; it is then not searched.
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
        # Closed, so that Python does not warn that it was never awaited.
        with suppress(Exception):
            value.close()
        raise Undone(f"the handler returned a {kind.__name__}, which nothing runs; await it in the handler")
    if isinstance(value, LAZY) or kind.__module__ == "itertools":
        raise Undone(f"the handler returned a {kind.__name__}, which nothing runs; {INSTEAD}")
    if _is_unfinished(value):
        raise Undone(
            f"the handler returned a {kind.__name__} that is not done; await it, or its result, in the handler"
        )


def _is_unfinished(value: object) -> bool:
    """Tell whether this is a task or future, of any library, that has no result yet."""
    if not hasattr(type(value), "add_done_callback"):
        return False
    with suppress(Exception):
        return not value.done()  # type: ignore[attr-defined]  # what has no such method is no future
    return False
