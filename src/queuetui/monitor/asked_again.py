"""Asks a store once more whose connection ended in the midst of a read."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from queuetui.model.errors import ConnectionLost

T = TypeVar("T")


def ask_again(read: Callable[[], T]) -> T:
    """Return what is read, on a new connection where the first one ended meanwhile.

    It is never for what changes anything. A server ends a session by itself that rested for long within a transaction, as
    one does whose program had no processor.
    """
    try:
        return read()
    except ConnectionLost:
        return read()
