"""Tells whether a connection that rested is still of use."""

from __future__ import annotations

from select import POLLIN, poll


def has_ended(descriptor: int) -> bool:
    """Tell whether the server has ended a connection on which nothing is awaited.

    It says so, or hangs up, and either can be read: a restart, a limit of idle time or a person's KILL need fail no call.
    """
    news = poll()
    news.register(descriptor, POLLIN)
    return bool(news.poll(0))
