"""Two servers asked as one: the keys that begin alike are on the second."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from queuetui.backends.keys.guarded import run_change
from queuetui.backends.redis.server import RedisServer, Value
from queuetui.model.errors import QueueTuiError, UnknownOutcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from queuetui.backends.base import BackendOptions
    from queuetui.backends.keys.changes import KeysChange

_HALF = "its message was changed, what is kept beside it was not; look at both before you act again: {}"


class SplitServer(RedisServer):
    """The server at a URL, with `beside` for the keys that begin with `begins`.

    Scripts run on the first alone.
    """

    def __init__(self, url: str, beside: RedisServer, begins: bytes, options: BackendOptions) -> None:
        super().__init__(url, options)
        self.beside = beside
        self._begins = begins

    def is_beside(self, command: Sequence[Value]) -> bool:
        """Tell whether a command is about keys of the second server."""
        # What names are looked through for stands behind the cursor and MATCH.
        place = 3 if command[0] == "SCAN" else 1
        key = command[place] if len(command) > place else b""
        return isinstance(key, bytes) and key.startswith(self._begins)

    def ask(self, doing: str, *command: Value) -> Any:  # noqa: ANN401 - each command has its own answer
        """Send one command that changes nothing to the server that it is about."""
        return self.beside.ask(doing, *command) if self.is_beside(command) else super().ask(doing, *command)

    def ask_all(self, doing: str, commands: Sequence[Sequence[Value]]) -> list[Any]:
        """Send reading commands, in one packet to each server, and return their answers in order."""
        is_far = [self.is_beside(command) for command in commands]
        near = [command for command, far in zip(commands, is_far, strict=True) if not far]
        away = [command for command, far in zip(commands, is_far, strict=True) if far]
        answers = (
            iter(super().ask_all(doing, near) if near else ()),
            iter(self.beside.ask_all(doing, away) if away else ()),
        )
        return [next(answers[far]) for far in is_far]

    def close(self) -> None:
        """Give back every connection to both."""
        try:
            super().close()
        finally:
            self.beside.close()


def run_on_both(server: SplitServer, doing: str, change: KeysChange) -> str:
    """Do a change of two servers: the second's guards, then all of the first, then the second's rest.

    Returns as `run_change` does. Raises UnknownOutcome where only the first one's part was done, as where a worker changed the second
    meanwhile.
    """
    near, far = (_part_of(server, change, is_far) for is_far in (False, True))
    try:
        if not _is_any(far) or not _is_any(near):
            return run_change(*((server, doing, near) if _is_any(near) else (server.beside, doing, far)))
        why = run_change(server.beside, doing, replace(far, puts=(), removes=())) or run_change(server, doing, near)
        if why:
            return why
        try:
            why = run_change(server.beside, doing, far)
        except QueueTuiError as error:
            raise UnknownOutcome(_HALF.format(error)) from error
        if why:
            raise UnknownOutcome(_HALF.format(why))
        return ""
    finally:
        server.changed()


def _part_of(server: SplitServer, change: KeysChange, is_far: bool) -> KeysChange:
    guards = tuple(one for one in change.guards if server.is_beside(one.command) is is_far)
    puts, removes = (
        tuple(one for one in commands if server.is_beside(one) is is_far) for commands in (change.puts, change.removes)
    )
    return replace(change, guards=guards, puts=puts, removes=removes)


def _is_any(part: KeysChange) -> bool:
    return bool(part.guards or part.puts or part.removes)
