"""Bull 3 and 4, from which BullMQ went on: nearly the same keys, without `meta`.

It is only read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from queuetui.backends.base import BackendOptions
from queuetui.backends.foreign.bullmq.product import Bullmq
from queuetui.backends.foreign.bullmq.queue_marks import names_by_prefix
from queuetui.backends.found import Found
from queuetui.backends.keys.backend import find_products
from queuetui.backends.keys.product import Ask, Survey
from queuetui.backends.keys.scanned_keys import QueueNames
from queuetui.backends.keys.shelf import Command, Kind
from queuetui.backends.keys.stored_values import text_of, whole_of
from queuetui.backends.redis.server import RedisServer
from queuetui.model.act import Verb
from queuetui.model.schedule import KeptSchedule

# Of whatever else a name may end in `id`, none has keys of these types beside it.
_TYPES = {b"wait": b"list", b"active": b"list", b"delayed": b"zset", b"completed": b"zset", b"failed": b"zset"}
_UNTRIED = "Bull is only read: its scripts are others than BullMQ's, so act on its jobs by Bull itself"


class Bull(Bullmq):
    """The description of the queues of one prefix that are of Bull."""

    def __init__(self, prefix: bytes, names: QueueNames) -> None:
        super().__init__(prefix, names)
        self.home = f"the keys {text_of(prefix)}:*:id"
        self.rules = ()
        self.capabilities = replace(
            self.capabilities, kind="bull", label="Bull", applies={}, manages=frozenset(), warnings={}, schedules=False,
            reasons=dict.fromkeys(Verb, _UNTRIED),
        )  # fmt: skip

    def recognise(self, ask: Ask) -> str:
        """Recognise Bull by a counter of ids without `meta` beside it, and the lists and sets of a queue."""
        keys = [(self._key(name, end), kind) for name in self.queues(ask) for end, kind in _TYPES.items()]
        there = ask([("TYPE", key) for key, _ in keys])
        if not any(kind == wanted for kind, (_, wanted) in zip(there, keys, strict=True)):
            return ""
        return f"its keys begin with {text_of(self.prefix)}: and have no meta"

    def queues(self, ask: Ask, heard: Iterable[bytes] = ()) -> tuple[bytes, ...]:
        """Return the queues that no BullMQ has opened."""
        names = super().queues(ask, heard)
        metas = ask([("EXISTS", self._key(name, b"meta")) for name in names])
        return tuple(name for name, is_bullmq in zip(names, metas, strict=True) if not is_bullmq)

    def asks_if_paused(self, queue: bytes) -> Command:
        """Return the command that answers 0 where a queue is not paused."""
        return "EXISTS", self._key(queue, b"meta-paused")

    def runs_of(self, raw: Mapping[str, bytes | None], role: str) -> tuple[int, int]:
        """Return how many runs ended: Bull counts those that failed."""
        return whole_of(raw["attemptsMade"]) + int(role == "completed"), 0

    def schedules(self, survey: Survey, ask: Ask) -> tuple[KeptSchedule, ...]:
        """Return none: the next run of each is among the jobs."""
        return ()


def find(server: RedisServer, url: str, options: BackendOptions) -> tuple[Found, ...]:
    """Return Bull's queues in the server's database, by prefix."""
    found = names_by_prefix(server, "id", Kind.KEYS, options.settings.get("bullmq.prefix", ""), "")
    return find_products(server, url, {text_of(one): Bull(one, names) for one, names in found.items()}, options)
