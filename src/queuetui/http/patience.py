"""Lets go of connections that do not go on, each of which holds a place.

They begin a request and send no more of it, or take nothing of what was written for them.
"""

from __future__ import annotations

import asyncio
import struct
from fcntl import ioctl
from termios import TIOCOUTQ
from typing import Any, NamedTuple, cast

from uvicorn.protocols.http.auto import AutoHTTPProtocol

# Looked at once in so long, so that the head of a request may take this to twice this.
HEAD_WITHIN_S = 10.0
# An answer of which nothing was taken between so many looks and the ones before is given up.
MOST_UNTAKEN = 2


class _Look(NamedTuple):
    """What a look saw; the next one compares."""

    # The request after whose answer the connection waits; nothing where an answer is under way.
    after: tuple[object, ...] = ()
    left_bytes: int = 0
    untaken: int = 0


def patient(**given: object) -> asyncio.Protocol:
    """Return the protocol of one connection, as uvicorn asks for it, with an end to its patience."""
    protocol = cast("Any", AutoHTTPProtocol)(**given)
    protocol.loop.call_later(HEAD_WITHIN_S, _look, protocol, _Look())
    return protocol  # type: ignore[no-any-return] # which of its protocols it is depends on what is installed


def _look(protocol: Any, before: _Look) -> None:  # noqa: ANN401 - of either kind
    """Close a connection that has waited since the look before, and end one that takes nothing."""
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
    """Return how much of what was written the other side has not got.

    It is 0 where the system has taken all of it over.
    """
    left: int = transport.get_write_buffer_size()
    if not left:
        return 0
    try:
        # What the system holds goes down first where somebody reads slowly.
        (queued,) = struct.unpack("i", ioctl(transport.get_extra_info("socket").fileno(), TIOCOUTQ, bytes(4)))
    except OSError:
        return left
    return left + int(queued)
