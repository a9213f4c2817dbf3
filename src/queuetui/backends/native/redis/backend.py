"""Opens the native queue on Redis or Valkey."""

from __future__ import annotations

from typing import TYPE_CHECKING

from queuetui.backends.backend import NativeBackend, late
from queuetui.backends.base import Found
from queuetui.backends.native.redis import migrating
from queuetui.backends.native.redis.address import read_address
from queuetui.backends.native.redis.durability import refuse_lossy
from queuetui.backends.native.redis.noting import RedisRunNotes
from queuetui.backends.native.redis.rules import RedisClaimRules
from queuetui.backends.native.redis.schedules import RedisSchedules
from queuetui.backends.native.redis.server import Server
from queuetui.backends.native.redis.store import RedisJobStore
from queuetui.model.errors import NotFound
from queuetui.model.measured import Measured

if TYPE_CHECKING:
    from queuetui.backends.base import BackendOptions


class RedisBackend(NativeBackend):
    """Our own queue on Redis."""

    def __init__(self, server: Server) -> None:
        self.server = server
        store = RedisJobStore(server)
        super().__init__(
            inspector=late("native.redis.inspector", "RedisInspector", server),
            operator=late("native.redis.operator", "RedisOperator", server),
            events=late("native.redis.event_log", "RedisEventLog", server),
            examiner=late("native.redis.examining", "RedisExaminer", server),
            limits=server.options.limits,
            jobs=store,
            schema=store,
            schedules=RedisSchedules(server),
            rules=RedisClaimRules(server),
            notes=RedisRunNotes(server),
            close=server.close,
        )


def open_backend(url: str, options: BackendOptions) -> RedisBackend:
    """Open the queue; with `options.create` made first, on a server that keeps what it is given.

    Raises NotFound, SchemaTooNew, and Unsupported for a server that may lose jobs.
    """
    server = Server(read_address(url, options), options)
    try:
        # Asked first, so that a refused login is not taken for a server that keeps its settings to itself.
        version = migrating.check_version(server)
        if options.create:
            refuse_lossy(server)
            migrating.migrate(server)
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


def discover(url: str, options: BackendOptions) -> Found | None:
    """Return our own queue if the namespace holds one."""
    server = Server(read_address(url, options), options)
    try:
        version = migrating.read_version(server)
        if version is None:
            return None
        queues, jobs = server.read("counting jobs", "count")
    finally:
        server.close()
    return Found("native", "queuetui", f"its key {server.meta} holds schema {version}", queues, Measured(jobs))
