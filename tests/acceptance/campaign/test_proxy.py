"""The proxy does to connections what it says, and passes everything else on."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator

import pytest

from tests.acceptance.campaign.proxy import Proxy, Theft
from tests.waiting import wait_until

SILENT_FOR_S = 0.3


class Echo:
    """A server that answers every line with itself, and remembers it."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        threading.Thread(target=self._run, daemon=True).start()

    def close(self) -> None:
        """Take no more connections."""
        # A thread that waits in accept() keeps a closed socket open, and may take connections of the next one.
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()

    def _run(self) -> None:
        while True:
            try:
                plug, _ = self._server.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(plug,), daemon=True).start()

    def _answer(self, plug: socket.socket) -> None:
        with plug:
            try:
                while data := plug.recv(4096):
                    self.heard.append(data)
                    plug.sendall(data)
            except OSError:
                return


@pytest.fixture
def echo() -> Iterator[Echo]:
    """A server."""
    server = Echo()
    yield server
    server.close()


@pytest.fixture
def proxy(echo: Echo) -> Iterator[Proxy]:
    """A proxy in front of it."""
    made = Proxy(echo.port)
    yield made
    made.close()


@pytest.fixture
def plug(proxy: Proxy) -> Iterator[socket.socket]:
    """A connection that works."""
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as made:
        assert ask(made, b"hello") == b"hello"
        yield made


def ask(plug: socket.socket, said: bytes) -> bytes:
    """Say something and return the answer."""
    plug.sendall(said)
    return plug.recv(4096)


def test_a_cut_resets_what_is_open_and_lets_others_in(proxy: Proxy, plug: socket.socket) -> None:
    """A cut connection is reset, and the next one works."""
    proxy.cut()
    with pytest.raises(ConnectionResetError):
        plug.recv(1)
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as other:
        assert ask(other, b"again") == b"again"


def test_a_hang_up_closes_in_good_order(proxy: Proxy, plug: socket.socket) -> None:
    """A connection that is hung up ends as the server's own goodbye."""
    proxy.hang_up()
    assert plug.recv(1) == b""


def test_in_a_silence_nothing_passes_and_nothing_closes(proxy: Proxy, plug: socket.socket, echo: Echo) -> None:
    """What is sent into a silence never arrives, also afterwards, and new connections work only then."""
    proxy.silence()
    plug.settimeout(SILENT_FOR_S)
    with pytest.raises(TimeoutError):
        ask(plug, b"lost")
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=SILENT_FOR_S) as other:
        wait_until(lambda: proxy.connections == 2)
        with pytest.raises(TimeoutError):
            ask(other, b"lost")
    proxy.speak()
    with pytest.raises(TimeoutError):
        ask(plug, b"lost")
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as other:
        assert ask(other, b"found") == b"found"
    assert echo.heard == [b"hello", b"found"]


def test_a_stall_only_delays(proxy: Proxy, plug: socket.socket) -> None:
    """What is sent during a stall arrives when it is over."""
    proxy.stall()
    plug.settimeout(SILENT_FOR_S)
    with pytest.raises(TimeoutError):
        ask(plug, b"late")
    proxy.flow()
    plug.settimeout(5)
    assert plug.recv(4096) == b"late"


@pytest.mark.parametrize("theft", [Theft(request=(b"commit",)), Theft(answer=(b"commit",))])
def test_a_stolen_answer_was_asked_for(theft: Theft, proxy: Proxy, plug: socket.socket, echo: Echo) -> None:
    """The request arrives, its answer does not, and the connection is reset; only one answer is taken."""
    proxy.steal(theft)
    assert ask(plug, b"select") == b"select"
    with pytest.raises(ConnectionResetError):
        ask(plug, b"commit")
    assert echo.heard[-1] == b"commit"
    assert proxy.stolen == 1
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as other:
        assert ask(other, b"commit") == b"commit"
