"""A real MariaDB server, the one server that no wheel brings."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pymysql

from queuetui.backends.sql.mysql_driver import DriverConnection
from tests.servers.identity import Identity, identity_for
from tests.servers.process import ServerProcess, free_port, short_folder

FOLDERS = os.pathsep.join(
    [os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin", "/opt/homebrew/bin", "/usr/local/bin"]
)
# The last is run by the second, and Debian packs it with the clients.
PROGRAMS = ("mariadbd", "mariadb-install-db", "my_print_defaults")


class MysqlServer:
    """A MariaDB or MySQL server: ours to stop, or one named by a URL."""

    def __init__(self, admin_url: str, process: ServerProcess | None = None) -> None:
        self.admin_url = admin_url
        self._process = process

    @property
    def port(self) -> int:
        """The TCP port on 127.0.0.1."""
        return urlsplit(self.admin_url).port or 3306

    def create_database(self) -> str:
        """Make an empty database and return its URL."""
        name = f"t_{uuid.uuid4().hex[:12]}"
        self._execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
        return urlunsplit(urlsplit(self.admin_url)._replace(path=f"/{name}"))

    def drop_database(self, url: str) -> None:
        """Drop a database that `create_database` made."""
        self._execute(f"DROP DATABASE IF EXISTS {urlsplit(url).path.lstrip('/')}")

    def start(self) -> None:
        """Start the server again, on the same port with the same data."""
        self._own_process.start()

    def stop(self) -> None:
        """Stop the server; every connection is cut."""
        self._own_process.stop()

    def kill(self) -> None:
        """Kill the server with SIGKILL."""
        self._own_process.kill()

    def revive(self) -> None:
        """Start a killed server again."""
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

    def _execute(self, statement: str) -> None:
        with connect_mysql(self.admin_url) as connection, connection.cursor() as cursor:
            cursor.execute(statement)


def start_mysql(binary: Path, identity: Identity, settings: Sequence[str] = ()) -> MysqlServer:
    """Make a data folder in a temporary folder and start a server on it, with settings as flags of its own."""
    folder = short_folder()
    identity.own(folder)
    data = folder / "data"
    install = shutil.which("mariadb-install-db", path=FOLDERS) or "mariadb-install-db"
    made = identity.run(
        [
            install,
            "--no-defaults",
            f"--datadir={data}",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
        ],
        folder,
    )
    if made.returncode != 0:
        shutil.rmtree(folder, ignore_errors=True)
        msg = f"mariadb-install-db failed:\n{made.stdout}{made.stderr}"
        raise RuntimeError(msg)
    port = free_port()
    admin_url = f"mysql://root@127.0.0.1:{port}/mysql"
    command: list[str | Path] = [
        binary,
        "--no-defaults",
        f"--datadir={data}",
        f"--socket={folder / 'socket'}",
        f"--pid-file={folder / 'pid'}",
        # In a folder shared with other servers each that starts deletes the temporary tables of the others.
        f"--tmpdir={data}",
        f"--port={port}",
        "--bind-address=127.0.0.1",
        "--skip-log-bin",
        "--innodb-flush-log-at-trx-commit=0",
        "--innodb-buffer-pool-size=64M",
        *settings,
    ]
    process = ServerProcess(command, folder, identity, is_ready=lambda: _answers(admin_url))
    process.start()
    return MysqlServer(admin_url, process)


def find_mysql() -> tuple[Path, Identity] | None:
    """Find the system's MariaDB server."""
    binary, *others = (shutil.which(name, path=FOLDERS) for name in PROGRAMS)
    if binary is None or None in others:
        return None
    identity = identity_for(Path(binary))
    return None if identity is None else (Path(binary), identity)


def connect_mysql(url: str) -> pymysql.Connection[Any]:
    """Connect to a database of a server, each statement a transaction of its own."""
    parts = urlsplit(url)
    return DriverConnection(
        host=parts.hostname,
        port=parts.port or 3306,
        user=parts.username,
        password=parts.password or "",
        database=parts.path.lstrip("/") or None,
        autocommit=True,
        connect_timeout=5,
    )


def _answers(url: str) -> bool:
    try:
        connect_mysql(url).close()
    except pymysql.err.OperationalError:
        return False
    return True
