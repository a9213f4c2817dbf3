"""The condition of a server that holds somebody else's queue: what serves it, and no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from queuetui.backends.examiner import Examiner
from queuetui.backends.redis.condition import ServerCondition

if TYPE_CHECKING:
    from queuetui.backends.redis.server import RedisServer
    from queuetui.model.examination import Examination


class KeysExaminer(Examiner):
    """Tells of the server; how safely it keeps its data is the affair of whoever runs the product."""

    def __init__(self, server: RedisServer) -> None:
        self._server = server

    def examine(self, held_s: float) -> Examination:
        """Return product, version, connections and memory."""
        return ServerCondition(self._server).examine()
