"""Opens the native queue on Redis or Valkey."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING

from queuetui.backends.backend import NativeBackend, late
from queuetui.backends.found import Found
from queuetui.backends.native.redis import migration
from queuetui.backends.native.redis.address import read_address
from queuetui.backends.native.redis.durability import refuse_lossy
from queuetui.backends.native.redis.server import Server
from queuetui.model.errors import NotFound

if TYPE_CHECKING:
    from queuetui.backends.backend import Backend
    from queuetui.backends.base import BackendOptions
    from queuetui.backends.histories import Histories
    from queuetui.backends.redis.server import RedisServer


class RedisBackend(NativeBackend):
    """Our own queue on Redis."""

    def __init__(self, server: Server) -> None:
        self.server = server
        store = cache(late("native.redis.store", "RedisJobStore", server))
        super().__init__(
            inspector=late("native.redis.inspector", "RedisInspector", server),
            operator=late("native.redis.operator", "RedisOperator", server),
            events=late("native.redis.event_log", "RedisEventLog", server),
            examiner=late("native.redis.examiner", "RedisExaminer", server),
            server_look=late("redis.server_look", "RedisServerLook", server),
            histories=partial(_make_histories, server),
            limits=server.options.limits,
            jobs=store,
            schema=store,
            schedules=late("native.redis.schedules", "RedisSchedules", server),
            rules=late("native.redis.rules", "RedisClaimRules", server),
            notes=late("native.redis.run_notes", "RedisRunNotes", server),
            close=server.close,
        )


def _make_histories(server: Server, backend: Backend) -> Histories:
    from queuetui.backends.native.redis.histories import RedisHistories

    return RedisHistories(server, backend)


def open_backend(url: str, options: BackendOptions) -> RedisBackend:
    """Open the queue; with `options.create` made first, on a server that keeps what it is given.

    Raises NotFound, SchemaTooNew, and Unsupported for a server that may lose jobs.
    """
    server = Server(read_address(url, options), options)
    try:
        # Read first, so that a refused login is not taken for a server that hides its settings.
        version = migration.check_version(server)
        if options.create:
            refuse_lossy(server)
            migration.migrate(server)
        elif version is None:
            raise NotFound(
                f"the server holds no queue of queuetui: its key {server.meta} is not there; check the URL and its namespace, "
                "or make a queue with: queuetui enqueue"
            )
        return RedisBackend(server)
    except BaseException:
        server.close()
        raise


def open_schema(url: str, options: BackendOptions) -> RedisBackend:
    """Open the schema alone, whatever its version."""
    return RedisBackend(Server(read_address(url, options), options))


def find(server: RedisServer, url: str, options: BackendOptions) -> tuple[Found, ...]:
    """Return our own queue if the namespace holds one."""
    meta = read_address(url, options).namespace.meta
    # A key of another type does not belong to our queue.
    if server.ask("looking for the queue's key", "TYPE", meta) != b"hash":
        return ()
    return (Found("native", "queuetui", f"its key {meta}", partial(open_backend, url)),)
