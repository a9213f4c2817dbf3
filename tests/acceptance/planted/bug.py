"""What a bug may change: the store below the recorder, the store above it, the store of clients and of persons, the clock."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from queuetui.backends.backend import NativeBackend
from tests.acceptance.checker import Sink


@dataclass(frozen=True)
class Place:
    """Where a bug is planted: the file of the play, its sink, and the number (in the record, the pid) of the worker, 0 for none."""

    path: Path
    sink: Sink
    worker: int
    backend: NativeBackend


class Passing:
    """Passes every call on, but for those that a bug changes."""

    def __init__(self, store: Any, place: Place) -> None:
        self.store = store
        self.place = place

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)


Wrap = Callable[[Any, Place], Any]


def as_it_is(store: Any, place: Place) -> Any:
    """Change nothing."""
    return store


@dataclass(frozen=True)
class Bug:
    """A bug and the invariants that may tell it; `below` changes what the store does, `above` what the worker asks of it."""

    name: str
    told_by: frozenset[str]
    below: Wrap = as_it_is
    above: Wrap = as_it_is
    client: Wrap = as_it_is
    person: Wrap = as_it_is
    patched: Callable[[], AbstractContextManager[object]] = nullcontext


NO_BUG = Bug("no bug", frozenset())
