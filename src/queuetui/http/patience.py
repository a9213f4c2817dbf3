"""Closes stalled connections, each of which holds a place.

A stalled client has begun a request and sends no more of it, or does not read its answer.
"""

from __future__ import annotations

import asyncio
import struct
from fcntl import ioctl
from termios import TIOCOUTQ
from typing import Any, NamedTuple, cast

from uvicorn.protocols.http.auto import AutoHTTPProtocol

# Connections are checked at this interval, so the head of a request may take one to two intervals.
HEAD_WITHIN_S = 10.0
# An answer of which the client has read nothing at this many checks in a row is given up.
MOST_UNTAKEN = 2


class _Look(NamedTuple):
    """The result of a check, which the next one compares with."""

    # The request after whose answer the connection is idle; empty while an answer is being sent.
    after: tuple[object, ...] = ()
    left_bytes: int = 0
    untaken: int = 0


def patient(**given: object) -> asyncio.Protocol:
    """Return uvicorn's protocol of a connection, extended by these checks."""
    protocol = cast("Any", AutoHTTPProtocol)(**given)
    protocol.loop.call_later(HEAD_WITHIN_S, _look, protocol, _Look())
    return protocol  # type: ignore[no-any-return] # which of its protocols it is depends on what is installed


def _look(protocol: Any, before: _Look) -> None:  # noqa: ANN401 - of either kind
    """Close a connection that has waited since the last check, and abort one that does not read."""
    transport = protocol.transport
    if transport is None or transport.get_protocol() is not protocol:
        return
    left_bytes, is_closing = _left_bytes(transport), transport.is_closing()
    if is_closing and not left_bytes:
        return
    untaken = before.untaken + 1 if 0 < before.left_bytes <= left_bytes else 0
    if untaken == MOST_UNTAKEN:
        transport.abort()
        return
    request = protocol.cycle
    after = (request,) if request is None or request.response_complete else ()
    if after and after == before.after and not is_closing:
        transport.close()
    protocol.loop.call_later(HEAD_WITHIN_S, _look, protocol, _Look(after, left_bytes, untaken))


def _left_bytes(transport: Any) -> int:  # noqa: ANN401 - of either loop
    """Return how many written bytes the client has not received.

    It is 0 where the operating system has taken over all of them.
    """
    left: int = transport.get_write_buffer_size()
    if not left:
        return 0
    try:
        # A slow reader first empties the buffer of the operating system.
        (queued,) = struct.unpack("i", ioctl(transport.get_extra_info("socket").fileno(), TIOCOUTQ, bytes(4)))
    except OSError:
        return left
    return left + int(queued)
