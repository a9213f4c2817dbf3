"""Lets go of connections that begin a request and do not go on, each of which holds a place."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from uvicorn.protocols.http.auto import AutoHTTPProtocol

# Looked at once in so long, so that the head of a request may take this to twice this.
HEAD_WITHIN_S = 10.0


def patient(**given: object) -> asyncio.Protocol:
    """Return the protocol of one connection, as uvicorn asks for it, with an end to its patience."""
    protocol = cast("Any", AutoHTTPProtocol)(**given)
    protocol.loop.call_later(HEAD_WITHIN_S, _look, protocol, None)
    return protocol  # type: ignore[no-any-return] # which of its protocols it is depends on what is installed


def _look(protocol: Any, before: object) -> None:  # noqa: ANN401 - of either kind
    """Close a connection that has waited since the look before, of which `before` is the sign."""
    transport = protocol.transport
    if transport is None or transport.is_closing() or transport.get_protocol() is not protocol:
        return
    request = protocol.cycle
    waits = request is None or request.response_complete
    sign = (request,) if waits else None
    if sign is not None and before == sign:
        transport.close()
    else:
        protocol.loop.call_later(HEAD_WITHIN_S, _look, protocol, sign)
