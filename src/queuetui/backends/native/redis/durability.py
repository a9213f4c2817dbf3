"""Grades the durability of a server, and refuses one that may lose jobs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from queuetui.backends.native.capabilities import native_capabilities
from queuetui.model.capabilities import Capabilities
from queuetui.model.errors import QueueTuiError, Unreachable, Unsupported
from queuetui.model.examination import Durability as Graded

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from queuetui.backends.native.redis.server import Server

LOSSY_SETTING = "allow_lossy"
SAFE_POLICY = "noeviction"
T = TypeVar("T")
_GRADES = {"always": "A", "everysec": "B"}


@dataclass(frozen=True, slots=True)
class FlushDurability:
    """The settings of a server that decide durability; None where the server does not tell."""

    product: str
    appends: bool | None
    syncs: str | None
    eviction: str | None
    replicas: int = 0

    @property
    def grade(self) -> str:
        """A, B or C; empty where the server does not tell how often it flushes."""
        if self.complaint:
            return "C"
        return "" if self.syncs is None else _GRADES[self.syncs]

    def graded(self, settings: Mapping[str, str]) -> Graded:
        """Return the grade with the settings that made it, as every store tells it."""
        return Graded(self.grade, settings, self.replicas > 0)

    @property
    def complaint(self) -> str:
        """Why jobs could be lost, and what to set; empty where none can."""
        if self.eviction is not None and self.eviction != SAFE_POLICY:
            return f"it evicts keys when its memory is full (maxmemory-policy {self.eviction}); set maxmemory-policy {SAFE_POLICY}"
        if self.appends is None:
            return "it does not tell whether it keeps an append-only file; allow this user INFO or CONFIG GET"
        if not self.appends:
            return "it keeps no append-only file (appendonly no); set appendonly yes"
        if self.syncs is not None and self.syncs not in _GRADES:
            return f"it leaves flushing to the system (appendfsync {self.syncs}); set appendfsync everysec or always"
        return ""


def read_durability(server: Server) -> FlushDurability:
    """Read the settings by CONFIG, else by INFO; either may be refused."""
    persistence = _told(lambda: server.read_info("persistence")) or {}
    about = _told(lambda: server.read_info("server")) or {}
    memory = _told(lambda: server.read_info("memory")) or {}
    replication = _told(lambda: server.read_info("replication")) or {}
    appendonly = _told(lambda: server.read_setting("appendonly"))
    appends = appendonly == "yes" if appendonly is not None else _as_truth(persistence, "aof_enabled")
    return FlushDurability(
        product="Valkey" if about.get("server_name") == "valkey" else "Redis",
        appends=appends,
        syncs=_told(lambda: server.read_setting("appendfsync")),
        eviction=_told(lambda: server.read_setting("maxmemory-policy")) or memory.get("maxmemory_policy"),
        replicas=int(replication.get("connected_slaves", 0)),
    )


def refuse_lossy(server: Server) -> None:
    """Refuse a server that could lose any job, unless the profile allows it; raises Unsupported."""
    if server.options.settings.get(LOSSY_SETTING) == "true":
        return
    complaint = read_durability(server).complaint
    if complaint:
        raise Unsupported(
            f'this server may lose jobs: {complaint}, or allow it with {LOSSY_SETTING} = "true" in the profile\'s settings'
        )


def describe_capabilities(durability: FlushDurability) -> Capabilities:
    """Return the capabilities of a queue on such a server."""
    return native_capabilities(f"queuetui on {durability.product}", durability.graded({}).shown)


def _told(ask: Callable[[], T]) -> T | None:
    """Return the answer, None where this user may not ask for it."""
    try:
        return ask()
    except Unreachable:
        raise
    except QueueTuiError:
        return None


def _as_truth(section: Mapping[str, str], name: str) -> bool | None:
    return section[name] == "1" if name in section else None
