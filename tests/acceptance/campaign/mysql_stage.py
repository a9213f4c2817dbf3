"""A MariaDB or MySQL store for a case, on a server whose commits are on the disk when they are answered."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from urllib.parse import urlsplit

import pymysql

from tests.acceptance.campaign.proxy import Proxy, Theft
from tests.acceptance.campaign.stage import Absent, Stage
from tests.servers.mysql import MysqlServer, connect_mysql, find_mysql, start_mysql


class MysqlStage(Stage):
    """A database on a server that several cases share."""

    def __init__(self, server: MysqlServer) -> None:
        super().__init__("mysql")
        self._server = server
        self._flush_commits()
        self.direct_url = server.create_database()
        self.proxy = Proxy(server.port)

    @property
    def theft(self) -> Theft:
        """That to a commit."""
        return Theft(request=(b"COMMIT",))

    def end_sessions(self) -> int:
        """Kill every connection to this database."""
        name = urlsplit(self.direct_url).path.lstrip("/")
        with connect_mysql(self._server.admin_url) as connection, connection.cursor() as cursor:
            cursor.execute("select id from information_schema.processlist where db = %s", (name,))
            found = [number for (number,) in cursor.fetchall()]
            for number in found:
                # It may have left by itself.
                with suppress(pymysql.err.OperationalError):
                    cursor.execute(f"kill {number}")
        return len(found)

    def restart(self, away: Callable[[], object]) -> None:
        """Kill the server."""
        self._server.kill()
        away()
        self._server.start()
        self._flush_commits()

    def revive(self) -> None:
        """Start it if it has ended by itself."""
        self._server.revive()

    def close(self) -> None:
        """Drop the database."""
        super().close()
        self._server.drop_database(self.direct_url)

    def _flush_commits(self) -> None:
        with connect_mysql(self._server.admin_url) as connection, connection.cursor() as cursor:
            cursor.execute("set global innodb_flush_log_at_trx_commit = 1")


def new_mysql() -> MysqlServer:
    """Start a MariaDB server. Raises Absent."""
    found = find_mysql()
    if found is None:
        raise Absent("MariaDB is not installed (Debian: apt-get install mariadb-server-core mariadb-client-core)")
    return start_mysql(*found)
