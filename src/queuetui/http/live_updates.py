"""The shared state of live updates: admission, the log, and the threads that write it."""

from __future__ import annotations

from queuetui.http.caller import Caller
from queuetui.http.gate import Gate
from queuetui.http.live_client import LiveClient, LiveSubscription
from queuetui.http.live_log import LiveLog
from queuetui.http.live_sources import LiveSources
from queuetui.http.problems import RefusedRequest
from queuetui.http.served import Served
from queuetui.model.counted import counted
from queuetui.operate.rights import Right


class LiveUpdates:
    """Admits clients of the live updates, and holds the log and the threads that write it."""

    def __init__(self, served: Served, gate: Gate, log: LiveLog) -> None:
        self._served = served
        self._gate = gate
        self._sources = LiveSources(served.systems, log)
        self.log = log

    def close(self) -> None:
        """Stop watching the stores."""
        self._sources.end()

    def authenticate(self, address: str, headers: dict[str, str], needed: Right) -> Caller:
        """Return the caller; raises RefusedRequest."""
        return self._gate.admit(address, headers, needed)

    def admit(self, caller: Caller, wanted: LiveSubscription, way: str) -> LiveClient:
        """Return a client that may listen; raises RefusedRequest and the errors of stores."""
        if wanted.backend is not None:
            self._served.system(wanted.backend)
        client = LiveClient(self.log, wanted, f"{way}, {caller.name}", lambda: self._gate.still_admits(caller))
        most = self._served.limits.live_clients
        if not self.log.expect(client, most):
            told = f"{counted(most, 'client')} may listen at once, and as many do or are about to; come again later"
            raise RefusedRequest(503, told, {"retry-after": "10"})
        self._sources.begin()
        return client

    @property
    def stalled_after_s(self) -> float:
        """How long a client may take to receive one message."""
        return self._served.limits.stalled_after_s
