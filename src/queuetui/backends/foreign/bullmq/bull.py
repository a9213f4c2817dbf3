"""Bull 3 and 4, from which BullMQ went on: nearly the same keys, without `meta`.

It is only read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from queuetui.backends.base import BackendOptions
from queuetui.backends.foreign.bullmq.product import Bullmq
from queuetui.backends.foreign.bullmq.workers import look_for_workers
from queuetui.backends.found import Found
from queuetui.backends.keys.backend import find_products
from queuetui.backends.keys.queue_marks import names_by_prefix
from queuetui.backends.keys.scanned_keys import QueueNames
from queuetui.backends.keys.shelf import Ask, Command, Kind
from queuetui.backends.keys.survey import Survey
from queuetui.backends.payloads.stored_values import text_of, whole_of
from queuetui.backends.reading.usual_lacks import lacking
from queuetui.backends.redis.server import RedisServer
from queuetui.model.act import Verb
from queuetui.model.schedule import KeptSchedule
from queuetui.model.state import State

_LISTS, _SETS, _LOOKED_AT = (b"wait", b"paused", b"active"), (b"delayed", b"completed", b"failed"), 3
# Bee-Queue keeps its jobs in a hash, and some of its keys have Bull's names.
_TYPES = {**dict.fromkeys(_LISTS, b"list"), **dict.fromkeys(_SETS, b"zset"), b"id": b"string", b"jobs": b"none"}
_UNTRIED = "Bull is only read: its scripts are others than BullMQ's, so act on its jobs by Bull itself"


class Bull(Bullmq):
    """The description of the queues of one prefix that are of Bull."""

    absent: Mapping[str, str] = lacking("Bull", "key", "correlation_id", "tag")

    def __init__(self, prefix: bytes, names: QueueNames) -> None:
        super().__init__(prefix, names)
        self.home = f"the keys {text_of(prefix)}:*:id"
        self._known: frozenset[bytes] = frozenset()
        self.rules = ()
        self.capabilities = replace(
            self.capabilities, kind="bull", label="Bull", applies={}, manages=frozenset(), warnings={}, schedules=False,
            reasons=dict.fromkeys(Verb, _UNTRIED),
        )  # fmt: skip

    def recognise(self, ask: Ask) -> str:
        """Recognise Bull by the jobs of a queue without `meta`."""
        if not self.queues(ask):
            return ""
        self.capabilities = look_for_workers(self.capabilities, ask)
        return f"its keys begin with {text_of(self.prefix)}: and have no meta"

    def queues(self, ask: Ask, heard: Iterable[bytes] = ()) -> tuple[bytes, ...]:
        """Return the queues that no BullMQ has opened and that have or had jobs of Bull, or a worker."""
        heard = frozenset(heard)
        named = sorted({*self._names.read(ask), *heard})
        metas = ask([("EXISTS", self._key(name, b"meta")) for name in named])
        names = [name for name, is_bullmq in zip(named, metas, strict=True) if not is_bullmq]
        new = [name for name in names if name not in self._known]
        shelves = ask([("EXISTS", *(self._key(name, end) for end in (*_LISTS, *_SETS))) for name in new])
        alike = self._named_alike(ask, [one for one, there in zip(new, shelves, strict=True) if there or one in heard])
        self._known |= self._with_jobs(ask, alike) | (heard & set(alike))
        return tuple(name for name in names if name in self._known)

    def _named_alike(self, ask: Ask, names: Sequence[bytes]) -> list[bytes]:
        """Return the names that have a counter and no key of a type that Bull does not give it."""
        kinds = iter(ask([("TYPE", self._key(name, end)) for name in names for end in _TYPES]))
        told = [(name, {end: next(kinds) for end in _TYPES}) for name in names]
        return [
            name
            for name, types in told
            if types[b"id"] != b"none" and all(types[end] in (b"none", wanted) for end, wanted in _TYPES.items())
        ]

    def _with_jobs(self, ask: Ask, names: Sequence[bytes]) -> frozenset[bytes]:
        """Return the names with a job of Bull on some shelf: any counter may have a list beside it."""
        shelves = [("LRANGE", end) for end in _LISTS] + [("ZRANGE", end) for end in _SETS]
        wanted = [(name, read, end) for name in names for read, end in shelves]
        first = ask([(read, self._key(name, end), 0, _LOOKED_AT - 1) for name, read, end in wanted])
        jobs = [(one[0], member) for one, members in zip(wanted, first, strict=True) for member in members]
        told = ask([("HMGET", self._key(*job), "timestamp", "opts") for job in jobs])
        return frozenset(name for (name, _), fields in zip(jobs, told, strict=True) if all(fields))

    def asks_if_paused(self, queue: bytes) -> Command:
        """Return the command that answers 0 where a queue is not paused."""
        return "EXISTS", self._key(queue, b"meta-paused")

    def runs_of(self, raw: Mapping[str, bytes | None], role: str) -> tuple[int, int]:
        """Return how many runs ended: Bull counts those that failed."""
        return whole_of(raw["attemptsMade"]) + int(role == "completed"), 0

    def _remarks(self, raw: Mapping[str, bytes | None], state: State, version: bytes | None) -> Iterator[str]:
        yield _UNTRIED
        yield "the lowest number above 0 runs first" if whole_of(raw["priority"]) else ""

    def schedules(self, survey: Survey, ask: Ask) -> tuple[KeptSchedule, ...]:
        """Return none: the next run of each is among the jobs."""
        return ()


def find(server: RedisServer, url: str, options: BackendOptions) -> tuple[Found, ...]:
    """Return Bull's queues in the server's database, by prefix."""
    found = names_by_prefix(server, "id", Kind.KEYS, options.settings.get("bullmq.prefix", ""))
    return find_products(server, url, {text_of(one): Bull(one, names) for one, names in found.items()}, options)
