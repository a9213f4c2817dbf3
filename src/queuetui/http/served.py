"""The parts that the server is given: the open systems, their clients, the tokens, and its limits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from queuetui.http.problems import RefusedRequest
from queuetui.model.errors import Unsupported
from queuetui.monitor.run_counters import RunCounters

if TYPE_CHECKING:
    from queuetui.monitor.feed import Feed
    from queuetui.operate.operations import Operations
    from queuetui.operate.rights import Right
    from queuetui.operate.tokens import TokenFile

KIB = 1024


@dataclass(frozen=True, slots=True)
class ServedQueues:
    """One open queue system to serve.

    `act_as` returns what acts in somebody's name by at most a right, itself at most `right`, the profile's.
    `enqueue` stores one job, with the trace context of its request: it is None where the system is not our own.
    `confirmation` is the name that a protected profile wants for an act on more than one job.
    """

    name: str
    feed: Feed
    right: Right
    act_as: Callable[[str, Right], Operations]
    enqueue: Callable[[str, object, Mapping[str, Any], Mapping[str, str]], tuple[str, bool, str | None]] | None = None
    confirmation: str | None = None
    counters: RunCounters = field(default_factory=RunCounters)


@dataclass(frozen=True, slots=True)
class ServerLimits:
    """The limits of one client.

    `requests_per_minute` is for each token, or each address without one; so is `counts_per_minute`, of those that let the store
    count all.
    """

    body_bytes: int = 1024 * KIB
    requests_per_minute: int = 1200
    counts_per_minute: int = 20
    live_clients: int = 100
    kept_messages: int = 10_000
    stalled_after_s: float = 20.0


@dataclass(frozen=True, slots=True)
class Served:
    """All systems that are served.

    `open_as` is who acts when no token is asked for: on loopback, as long as no token exists. None: a token is always wanted.
    """

    systems: tuple[ServedQueues, ...]
    tokens: TokenFile
    open_as: str | None = None
    limits: ServerLimits = field(default_factory=ServerLimits)

    def system(self, name: str | None) -> ServedQueues:
        """Return the system of a name, or the only one; raises RefusedRequest."""
        named = [one for one in self.systems if name in {None, one.name}]
        if len(named) == 1:
            return named[0]
        names = ", ".join(one.name for one in self.systems)
        if named:
            raise RefusedRequest(400, f"several queue systems are served; say which with backend=NAME: {names}")
        raise RefusedRequest(404, f"no queue system of that name is served; there are: {names}")


def lacks_enqueue(system: ServedQueues) -> Unsupported:
    """Return why no job can be enqueued there."""
    label = system.feed.capabilities.label
    return Unsupported(
        f"jobs can only be enqueued in queuetui's own queue, and {system.name} is {label}; let its program do it"
    )
