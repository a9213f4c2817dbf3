"""A real PgBouncer in front of a PostgreSQL server, which hands its sessions from one transaction to the next."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

from tests.servers.identity import identity_for
from tests.servers.process import ServerProcess, free_port, short_folder

# Two sessions of the server for all clients, so that each of a client's transactions may meet another's session.
SETTINGS = """
[databases]
* = host=127.0.0.1 port={server_port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = trust
auth_file = {users}
pool_mode = transaction
default_pool_size = 2
max_client_conn = 200
"""


class PgBouncer:
    """A pooler in transaction mode."""

    def __init__(self, port: int, process: ServerProcess) -> None:
        self.port = port
        self._process = process

    def url_for(self, url: str) -> str:
        """Return the URL of one of the server's databases by way of the pooler."""
        return _through(self.port, url)

    def remove(self) -> None:
        """End it and delete its folder."""
        self._process.remove()


def find_pgbouncer() -> Path | None:
    """Find the program, which systems keep where only root looks for it."""
    found = shutil.which(
        "pgbouncer", path=os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/opt/homebrew/bin"))
    )
    return None if found is None else Path(found)


def start_pgbouncer(binary: Path, admin_url: str) -> PgBouncer:
    """Start one in front of a server. Raises RuntimeError where it cannot run."""
    identity = identity_for(binary)
    if identity is None:
        raise RuntimeError(f"{binary} does not run here")
    folder, port = short_folder(), free_port()
    identity.own(folder)
    users = folder / "users.txt"
    users.write_text(f'"{urlsplit(admin_url).username}" ""\n', encoding="utf-8")
    settings = folder / "pgbouncer.ini"
    settings.write_text(SETTINGS.format(server_port=urlsplit(admin_url).port, port=port, users=users), encoding="utf-8")
    url = _through(port, admin_url)
    process = ServerProcess([binary, settings], folder, identity, is_ready=lambda: _answers(url))
    process.start()
    return PgBouncer(port, process)


def _through(port: int, url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=f"{parts.username}@127.0.0.1:{port}"))


def _answers(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True
