"""Reads the state of the store's server at intervals, beside the polls."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from queuetui.model.errors import QueueTuiError, Unsupported

if TYPE_CHECKING:
    from queuetui.backends.backend import Backend
    from queuetui.model.server_view import ServerView

# A look costs the server more than a poll, because its sessions, locks and sizes are counted anew.
LOOK_EVERY_S = 5.0


class ServerWatch:
    """Looks at the server, and remembers the result until the next look is due."""

    def __init__(self, backend: Backend, clock: Callable[[], float] = time.monotonic) -> None:
        self._backend = backend
        self._clock = clock
        self._again_s = float("-inf")
        self._seen: ServerView | None = None
        self.problem = ""

    def look(self) -> ServerView:
        """Look at the server now; raises Unsupported if the store has none."""
        look = self._backend.server_look
        if look is None:
            label = self._backend.inspector.capabilities.label
            raise Unsupported(f"{label} has no server that could be looked at")
        return look.look()

    def look_again(self) -> ServerView | None:
        """Return the result of a look at most LOOK_EVERY_S old; None if it failed, and `problem` says why."""
        if self._clock() >= self._again_s:
            try:
                self._seen, self.problem = self.look(), ""
            except QueueTuiError as error:
                self._seen, self.problem = None, str(error)
            self._again_s = self._clock() + LOOK_EVERY_S
        return self._seen
