"""Repeats a read once if its connection was lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from queuetui.model.errors import ConnectionLost

T = TypeVar("T")


def ask_again(read: Callable[[], T]) -> T:
    """Call `read`; if its connection was lost, call it once more, on a new connection.

    Only for reads, never for a call that changes anything. A server ends a session that was idle in a transaction for too long,
    which happens to a program that got no processor time.
    """
    try:
        return read()
    except ConnectionLost:
        return read()
