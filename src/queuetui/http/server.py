"""Listens on an address and runs the server until it is told to stop."""

from __future__ import annotations

import errno
import ipaddress
import signal
import socket
from typing import TYPE_CHECKING

import uvicorn

from queuetui.http.app import make_app
from queuetui.http.live_log import LiveLog
from queuetui.http.patience import patient
from queuetui.model.errors import BadConfig, Conflict, words_of

if TYPE_CHECKING:
    from queuetui.http.served import Served

BACKLOG = 1024
GRACE_S = 5
# The largest WebSocket message that is read; messages of clients are ignored.
MOST_HEARD_BYTES = 4096
# A peer that has acknowledged nothing for this long counts as disconnected.
PEER_GONE_MS = 60_000


def is_loopback(host: str) -> bool:
    """Tell whether a host's name or address is reachable only from this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens.

    Raises Conflict for a port in use, BadConfig for an address that is none here.
    """
    try:
        family, kind, number, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (OSError, UnicodeError) as error:
        raise BadConfig(
            f"the host {host!r} has no address here ({words_of(error)}); give another --host", "--host"
        ) from None
    listening = socket.socket(family, kind, number)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Accepted sockets inherit these options.
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, PEER_GONE_MS)
    try:
        listening.bind(address)
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        if error.errno == errno.EADDRINUSE:
            raise Conflict(
                f"port {port} of {host} is in use; stop what listens there, or give another --port"
            ) from None
        raise BadConfig(f"cannot listen on port {port} of {host} ({error.strerror}); give another", "--host") from None
    return listening


def address_of(listening: socket.socket) -> str:
    """Return the URL at which a socket is reached."""
    host, port, *_ = listening.getsockname()
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class HttpServer(uvicorn.Server):
    """A server that ends live connections before it waits for the end of all requests."""

    def __init__(self, config: uvicorn.Config, log: LiveLog) -> None:
        super().__init__(config)
        self.live_log = log

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop."""
        self.live_log.end()
        await super().shutdown(sockets)


def make_server(served: Served) -> HttpServer:
    """Return a server that is not running yet."""
    log = LiveLog(served.limits.kept_messages)
    config = uvicorn.Config(
        make_app(served, log),
        http=patient,  # type: ignore[arg-type] # it is called as the class is
        log_config=None,
        access_log=False,
        server_header=False,
        ws="websockets-sansio",
        ws_max_size=MOST_HEARD_BYTES,
        timeout_graceful_shutdown=GRACE_S,
    )
    return HttpServer(config, log)


def serve(served: Served, listening: socket.socket) -> None:
    """Serve until a signal ends it."""
    # uvicorn raises the caught signal again after it has stopped, which is ignored.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    make_server(served).run(sockets=[listening])
