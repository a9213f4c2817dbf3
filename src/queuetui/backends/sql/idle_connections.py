"""Tells whether a connection that rested is still of use."""

from __future__ import annotations

import select


def has_ended(descriptor: int) -> bool:
    """Tell whether the server has ended a connection on which nothing is awaited.

    It says so, or hangs up, and either can be read: a restart, a limit of idle time or a person's KILL need fail no call.
    """
    if not hasattr(select, "poll"):
        # A program that eventlet has patched has no other.
        return bool(select.select([descriptor], (), (), 0)[0])
    news = select.poll()
    news.register(descriptor, select.POLLIN)
    return bool(news.poll(0))
