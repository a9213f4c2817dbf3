"""A TCP proxy in front of a server, whose wires can be cut, silenced, held and robbed of one answer."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

READ_BYTES = 256 * 1024
START_WITHIN_S = 10
# A socket closed with no time to linger sends RST in place of FIN.
_NO_LINGER = struct.pack("ii", 1, 0)


@dataclass(frozen=True, slots=True)
class Theft:
    """Which answer is dropped: that to a request which holds `request`, or one which itself holds `answer`."""

    request: tuple[bytes, ...] = ()
    answer: tuple[bytes, ...] = ()


@dataclass(eq=False, slots=True)
class Wire:
    """One connection through the proxy; a `dead` one swallows everything and closes nothing."""

    client: asyncio.StreamWriter
    server: asyncio.StreamWriter | None = None
    dead: bool = False
    marked: bool = False
    pumps: list[asyncio.Task[None]] = field(default_factory=list)

    def reset(self) -> None:
        """Break both ends at once, as a crashed machine or a firewall does."""
        for end in filter(None, (self.client, self.server)):
            plug = end.get_extra_info("socket")
            with contextlib.suppress(OSError):
                plug.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
            end.transport.abort()


class Proxy:
    """Listens on a free port of 127.0.0.1 and passes everything on to `target_port`, until told otherwise; from any thread."""

    def __init__(self, target_port: int) -> None:
        self.port = 0
        self.stolen = 0
        self._target_port = target_port
        self._wires: set[Wire] = set()
        self._silent = False
        self._theft: Theft | None = None
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="campaign-proxy", daemon=True)
        self._thread.start()
        assert self._ready.wait(START_WITHIN_S), "the proxy did not start"

    @property
    def wires(self) -> int:
        """How many connections go through it."""
        return len(self._wires)

    def cut(self) -> None:
        """Reset every connection."""
        self._do(self._reset_all)

    def hang_up(self) -> None:
        """Close every connection in good order."""
        self._do(self._close_all)

    @property
    def connections(self) -> int:
        """How many connections it holds, dead ones too."""
        return len(self._wires)

    def silence(self) -> None:
        """Let nothing through any more: what is open stays open, and what is sent is lost for good."""
        self._do(self._fall_silent)

    def speak(self) -> None:
        """Let new connections through again; those of the silence stay dead."""
        self._do(lambda: setattr(self, "_silent", False))

    def stall(self) -> None:
        """Hold everything back."""
        self._do(self._flowing.clear)

    def flow(self) -> None:
        """Let what was held back go on."""
        self._do(self._flowing.set)

    def steal(self, theft: Theft) -> None:
        """Drop the next answer of that kind after its request has passed, then reset the connection."""
        self._do(lambda: setattr(self, "_theft", theft))

    def close(self) -> None:
        """End the proxy and every connection."""
        self._do(self._flowing.set)
        self.cut()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(START_WITHIN_S)

    def _do(self, act: Callable[[], Any]) -> None:
        """Do something on the loop and wait until it is done."""
        done = threading.Event()

        def run() -> None:
            act()
            done.set()

        self._loop.call_soon_threadsafe(run)
        done.wait(START_WITHIN_S)

    def _reset_all(self) -> None:
        for wire in tuple(self._wires):
            wire.reset()

    def _close_all(self) -> None:
        for wire in tuple(self._wires):
            wire.client.close()

    def _fall_silent(self) -> None:
        self._silent = True
        for wire in self._wires:
            wire.dead = True

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._accept, "127.0.0.1", 0, limit=READ_BYTES))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        wire = Wire(writer, dead=self._silent)
        self._wires.add(wire)
        try:
            if wire.dead:
                await self._pump(wire, reader, None, upwards=True)
                return
            beyond, wire.server = await asyncio.open_connection("127.0.0.1", self._target_port, limit=READ_BYTES)
            wire.pumps = [
                asyncio.ensure_future(self._pump(wire, reader, wire.server, upwards=True)),
                asyncio.ensure_future(self._pump(wire, beyond, writer, upwards=False)),
            ]
            await asyncio.wait(wire.pumps, return_when=asyncio.FIRST_COMPLETED)
        except OSError:
            # The server is away: whoever connects is turned down, as the server itself would do.
            wire.reset()
        finally:
            for pump in wire.pumps:
                pump.cancel()
            for end in filter(None, (wire.client, wire.server)):
                end.close()
            self._wires.discard(wire)

    async def _pump(
        self, wire: Wire, source: asyncio.StreamReader, sink: asyncio.StreamWriter | None, *, upwards: bool
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(READ_BYTES):
                await self._flowing.wait()
                if wire.dead or sink is None:
                    continue
                if self._is_stolen(wire, data, upwards=upwards):
                    self.stolen += 1
                    wire.reset()
                    return
                sink.write(data)
                await sink.drain()
            if wire.dead and not upwards:
                # The server's end of a dead connection tells the client nothing.
                await asyncio.Event().wait()

    def _is_stolen(self, wire: Wire, data: bytes, *, upwards: bool) -> bool:
        theft = self._theft
        if theft is None:
            return False
        if upwards:
            wire.marked = wire.marked or any(piece in data for piece in theft.request)
            return False
        if wire.marked or any(piece in data for piece in theft.answer):
            self._theft = None
            return True
        return False
