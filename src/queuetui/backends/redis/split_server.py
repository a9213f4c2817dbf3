"""Two servers asked as one: the keys that begin alike are on the second."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from queuetui.backends.redis.server import RedisServer, Value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from queuetui.backends.base import BackendOptions


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
