"""One server's namespace: every call is one script, is bounded in time, and raises our errors only."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from queuetui.backends.native.redis.connections import Connections, Value
from queuetui.backends.native.redis.epochs import EpochWatch
from queuetui.backends.native.redis.redis_notices import RedisNotices
from queuetui.backends.native.redis.scripts import load_script
from queuetui.model.interruption import current_interruption

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from queuetui.backends.base import BackendOptions
    from queuetui.backends.native.redis.address import Address

__all__ = ["Server", "Value"]


class Server:
    """A namespace on a server."""

    def __init__(self, address: Address, options: BackendOptions) -> None:
        self.options = options
        self.name = options.name or "redis"
        self.meta = address.namespace.meta
        self._wake = address.namespace.wake
        self._told = address.namespace.told
        self._connections = Connections(address.url, options)
        self._epoch: EpochWatch | None = None
        # Names the driver's classes, so it can be loaded only now.
        self._errors = import_module("queuetui.backends.native.redis.redis_errors")

    def read(self, doing: str, script: str, *values: Value) -> Any:  # noqa: ANN401 - each script has its own answer
        """Run a script that changes nothing. Raises Interrupted where it is not wanted any more; one that runs is too short to be ended."""
        current_interruption().check()
        return self._run(doing, script, values, writes=False)

    def write(self, doing: str, script: str, *values: Value) -> Any:  # noqa: ANN401 - each script has its own answer
        """Run a script that changes something. Raises UnknownOutcome when its answer is lost."""
        return self._run(doing, script, values, writes=True)

    def write_all(self, doing: str, script: str, bites: Sequence[Sequence[Value]]) -> list[Any]:
        """Run a script over several bites as one transaction and return their answers. Raises UnknownOutcome as `write` does."""
        with self._errors.translated(doing, writes=True):
            try:
                return self._run_bites(script, bites)
            except self._errors.driver.NoScriptError:
                self._connections.ask("SCRIPT", "LOAD", load_script(script).source)
                return self._run_bites(script, bites)

    def _run_bites(self, script: str, bites: Sequence[Sequence[Value]]) -> list[Any]:
        sha = load_script(script).sha
        return self._connections.ask_all([("EVALSHA", sha, 1, self.meta, *values) for values in bites])

    def _run(self, doing: str, name: str, values: Sequence[Value], *, writes: bool) -> Any:  # noqa: ANN401 - as above
        script = load_script(name)
        try:
            try:
                return self._connections.ask("EVALSHA", script.sha, 1, self.meta, *values)
            except self._errors.driver.NoScriptError:
                # Nothing has run: the server was restarted or never saw the script.
                return self._connections.ask("EVAL", script.source, 1, self.meta, *values)
        except self._errors.driver.RedisError as error:
            raise self._errors.translate(error, doing, writes=writes) from error

    def watch_epoch(self) -> None:
        """From the first call on, notice restarts of the server before anything else is asked of it."""
        if self._epoch is None:
            self._epoch = EpochWatch(self.meta)
            self._connections.greet(self._epoch.meet)

    def read_meta(self) -> dict[str, str]:
        """Return what the namespace says of itself, nothing where there is no queue."""
        with self._errors.translated("reading the queue's version"):
            flat: Sequence[bytes] = self._connections.ask("HGETALL", self.meta)
        return {_text(name): _text(value) for name, value in zip(flat[::2], flat[1::2], strict=True)}

    def read_info(self, section: str) -> Mapping[str, str]:
        """Return a section of the server's own report. Raises Denied where it is kept from us."""
        with self._errors.translated("reading the server's state"):
            report: bytes = self._connections.ask("INFO", section)
        lines = (line.partition(":") for line in _text(report).splitlines() if not line.startswith("#"))
        return {name: value for name, colon, value in lines if colon}

    def read_setting(self, name: str) -> str | None:
        """Return one of the server's settings, None where it has none of that name.

        Raises Denied or Unsupported where it is kept from us.
        """
        with self._errors.translated("reading the server's settings"):
            flat: Sequence[bytes] = self._connections.ask("CONFIG", "GET", name)
        return dict(zip(map(_text, flat[::2]), map(_text, flat[1::2]), strict=True)).get(name)

    def listen(self, hear: Callable[[str], None]) -> RedisNotices:
        """Hear of queues with new jobs."""
        return RedisNotices(self._connections.open, self._wake, hear)

    def listen_events(self, hear: Callable[[], None]) -> RedisNotices:
        """Hear that something was told."""
        return RedisNotices(self._connections.open, self._told, lambda _: hear())

    def close(self) -> None:
        """Give back every connection."""
        self._connections.close()


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")
