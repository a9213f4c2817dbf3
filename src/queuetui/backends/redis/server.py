"""One Redis server as readers and writers ask it.

Every call is bounded in time and raises our errors only.
"""

from __future__ import annotations

from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any

from queuetui.backends.redis.connections import Connections, Value
from queuetui.model.interruption import current_interruption

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from queuetui.backends.base import BackendOptions
    from queuetui.backends.redis.key_list import KeyList
    from queuetui.backends.redis.scripts import Script

__all__ = ["RedisServer", "Value"]


class RedisServer:
    """A server and one database of it, connected when first asked.

    `changed` is to be called once something may have changed a product's keys; who keeps what was read sets it.
    """

    def __init__(self, url: str, options: BackendOptions) -> None:
        self.options = options
        self.changed: Callable[[], None] = lambda: None
        self.name = options.name or "redis"
        self.connections = Connections(url, options)
        # Names the driver's classes, so it can be loaded only now.
        self._errors = import_module("queuetui.backends.redis.driver_errors")

    def ask(self, doing: str, *command: Value) -> Any:  # noqa: ANN401 - each command has its own answer
        """Send one command that changes nothing; raises Interrupted where it is not wanted any more."""
        current_interruption().check()
        with self._errors.translated(doing):
            return self.connections.ask(*command)

    def ask_all(self, doing: str, commands: Sequence[Sequence[Value]]) -> list[Any]:
        """Send reading commands in one packet and return their answers.

        Other clients may write between two of them.
        """
        current_interruption().check()
        with self._errors.translated(doing):
            return self.connections.ask_all(commands)

    def run(
        self, doing: str, script: Script, keys: Sequence[str | bytes], values: Sequence[Value], *, writes: bool
    ) -> Any:  # noqa: ANN401 - each script has its own answer
        """Run a script; one that runs is too short to be ended.

        Raises UnknownOutcome where the answer of one that writes is lost.
        """
        if not writes:
            current_interruption().check()
        try:
            try:
                return self.connections.call(script, keys, values)
            except self._errors.driver.NoScriptError:
                # Nothing has run: the server was restarted or never saw the script.
                return self.connections.ask("EVAL", script.source, len(keys), *keys, *values)
        except self._errors.driver.RedisError as error:
            # A context manager would be a tenth of what an enqueue costs here.
            raise self._errors.translate(error, doing, writes=writes) from error

    def run_all(
        self,
        doing: str,
        calls: Sequence[tuple[Script, Sequence[Value]]],
        keys: Sequence[str | bytes],
        *,
        writes: bool,
    ) -> list[Any]:
        """Run scripts as one transaction and return their answers; those that write are all the same one.

        Raises UnknownOutcome as `run` does.
        """
        if not writes:
            current_interruption().check()
        commands = [("EVALSHA", script.sha, len(keys), *keys, *values) for script, values in calls]
        with self._errors.translated(doing, writes=writes):
            try:
                return self.connections.transact(commands)
            except self._errors.driver.NoScriptError:
                for source in dict.fromkeys(script.source for script, _ in calls):
                    self.connections.ask("SCRIPT", "LOAD", source)
                return self.connections.transact(commands)

    def read_info(self, section: str) -> Mapping[str, str]:
        """Return a section of the server's own report; raises Denied where it is kept from us."""
        report: bytes = self.ask("reading the server's state", "INFO", section)
        lines = (line.partition(":") for line in to_text(report).splitlines() if not line.startswith("#"))
        return {name: value for name, colon, value in lines if colon}

    def read_setting(self, name: str) -> str | None:
        """Return one of the server's settings, None where it has none of that name.

        Raises Denied or Unsupported where it is kept from us.
        """
        return read_pairs(self.ask("reading the server's settings", "CONFIG", "GET", name)).get(name)

    @cached_property
    def key_list(self) -> KeyList:
        """The names of the first keys, read once, for those who must look for their own among them."""
        from queuetui.backends.redis.key_list import list_keys

        return list_keys(self.ask)

    def close(self) -> None:
        """Give back every connection."""
        self.connections.close()


def read_pairs(flat: Sequence[bytes]) -> dict[str, str]:
    """Return names with their values, which a server answers one behind the other."""
    return dict(zip(map(to_text, flat[::2]), map(to_text, flat[1::2]), strict=True))


def to_text(value: bytes) -> str:
    """Return what a server answered as text; what is none is shown by marks."""
    return value.decode("utf-8", "replace")
