"""A namespace on a server: every call runs one script over the keys of our queue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from queuetui.backends.native.redis.epochs import EpochWatch
from queuetui.backends.native.redis.redis_notices import RedisNotices
from queuetui.backends.native.redis.scripts import load_script
from queuetui.backends.redis.server import RedisServer, Value, read_pairs

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from queuetui.backends.base import BackendOptions
    from queuetui.backends.native.redis.address import Address

__all__ = ["Server", "Value"]


class Server(RedisServer):
    """A namespace on a server."""

    def __init__(self, address: Address, options: BackendOptions) -> None:
        super().__init__(address.url, options)
        self.meta = address.namespace.meta
        self._wake = address.namespace.wake
        self._told = address.namespace.told
        self._epoch: EpochWatch | None = None

    def read(self, doing: str, script: str, *values: Value) -> Any:  # noqa: ANN401 - each script has its own answer
        """Run a script that changes nothing; raises Interrupted when the caller has cancelled it."""
        return self.run(doing, load_script(script), (self.meta,), values, writes=False)

    def write(self, doing: str, script: str, *values: Value) -> Any:  # noqa: ANN401 - each script has its own answer
        """Run a script that changes something; raises UnknownOutcome when its answer is lost."""
        return self.run(doing, load_script(script), (self.meta,), values, writes=True)

    def write_all(self, doing: str, script: str, batches: Sequence[Sequence[Value]]) -> list[Any]:
        """Run a script over several batches as one transaction; return the answers; raises as `write` does."""
        return self.run_all(doing, [(load_script(script), batch) for batch in batches], (self.meta,), writes=True)

    def read_all(self, doing: str, *calls: tuple[str, Sequence[Value]]) -> list[Any]:
        """Run reading scripts at one moment and return their answers; raises Interrupted as `read` does."""
        return self.run_all(doing, [(load_script(name), values) for name, values in calls], (self.meta,), writes=False)

    def watch_epoch(self) -> None:
        """From the first call on, notice restarts of the server before anything else is asked of it."""
        if self._epoch is None:
            self._epoch = EpochWatch(self.meta)
            self.connections.greet(self._epoch.meet)

    def read_meta(self) -> dict[str, str]:
        """Return the metadata of the namespace, empty where there is no queue."""
        return read_pairs(self.ask("reading the queue's version", "HGETALL", self.meta))

    def listen(self, hear: Callable[[str], None]) -> RedisNotices:
        """Subscribe to the channel that names queues with new jobs."""
        return RedisNotices(self.connections.open, self._wake, hear)

    def listen_events(self, hear: Callable[[], None]) -> RedisNotices:
        """Subscribe to the channel that announces new events."""
        return RedisNotices(self.connections.open, self._told, lambda _: hear())
