"""What a mapping file may say of the tables beside the jobs: the log, the workers, their tokens."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

import msgspec

from queuetui.backends.foreign.mapped.lines import Path
from queuetui.model.event import EventKind

_EVENTS = tuple(kind.value for kind in EventKind if kind is not EventKind.OTHER)
TimesKind = Literal["zoned", "naive", "seconds", "milliseconds", "iso"]
Faults = Iterator[tuple[Path, str]]


class Strict(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A table of the file, in which a key that is not known is refused."""


class TimesShape(Strict):
    """How times are stored; `zone` is that of the application's wall clock.

    `form` is a time written as texts of the column are.
    """

    kind: TimesKind
    zone: str = "UTC"
    form: str = ""


class SideShape(Strict, kw_only=True):
    """A table beside the jobs.

    An `optional` one may be missing, and is then ignored. `times` are those of the table of jobs unless given. COLUMNS are the keys that
    name columns, TIMES those of them whose columns hold times.
    """

    COLUMNS: ClassVar[tuple[str, ...]]
    TIMES: ClassVar[tuple[str, ...]]

    table: str
    optional: bool = False
    times: TimesShape | None = None

    def columns(self) -> Iterator[tuple[str, list[str]]]:
        """Yield each key that names columns, with those of which one must be there."""
        for key in self.COLUMNS:
            named = getattr(self, key)
            yield key, named if isinstance(named, list) else [named]

    def faults(self, dialect: str) -> Faults:
        """Yield what cannot be meant, whatever the database holds, each with its path."""
        yield from ()


class EventsShape(SideShape, kw_only=True):
    """The log that the application keeps: its columns, as NAME or NAME.KEY of a JSON column.

    Of `job` those that are there count, the first that is not NULL in a row. `kinds` are the application's words for our kinds of events;
    any other word is shown as it is. `channels` are what PostgreSQL notifies when there is news. `clear`: old rows may be deleted.
    """

    COLUMNS = ("at", "kind", "job", "error", "worker", "correlation")
    TIMES = ("at",)

    at: str
    kind: str
    job: list[str]
    kinds: dict[str, list[str]] = {}
    error: str = ""
    worker: str = ""
    correlation: str = ""
    channels: list[str] = []
    clear: bool = False

    def words(self, kind: str) -> list[str]:
        """Return the application's words for a kind."""
        return self.kinds.get(kind, [])

    def faults(self, dialect: str) -> Faults:
        """Yield words that are no kind or of two kinds, and channels where there are none."""
        if not self.job:
            yield ("job",), "job names no column; write job = [...]"
        known: dict[str, str] = {}
        for kind, words in self.kinds.items():
            if kind not in _EVENTS:
                yield ("kinds", kind), f"there is no kind of event {kind!r}; there are: {', '.join(_EVENTS)}"
            for word in words:
                other = known.setdefault(word, kind)
                if other != kind:
                    yield ("kinds", kind), f"{word!r} is {other} and {kind}; each word must be of one kind"
        if self.channels and dialect != "postgresql":
            yield ("channels",), "only PostgreSQL notifies channels; leave channels away"


class WorkersShape(SideShape, kw_only=True):
    """The application's workers.

    `beat` may be NULL: such a worker has not beaten yet, and is silent from its registration on.

    `ended` are the statuses of workers that work no more. `failed` and `stopped` are what a person may set: workers without a beat to the
    one, all to the other.
    """

    COLUMNS = ("key", "status", "created", "beat", "type", "capabilities")
    TIMES = ("created", "beat")

    key: str
    status: str
    created: str
    beat: str = ""
    type: str = ""
    capabilities: str = ""
    silent_s: float = 300.0
    ended: list[str] = []
    failed: str = ""
    stopped: str = ""

    def faults(self, dialect: str) -> Faults:
        """Yield a span that is none, and statuses to set that would not end a worker."""
        if self.silent_s <= 0:
            yield ("silent_s",), "silent_s is how many seconds without a beat are too many; write a number above 0"
        for key in ("failed", "stopped"):
            status = getattr(self, key)
            if status and status not in self.ended:
                yield (key,), f"a worker that is {status!r} works no more; write it in ended too"


class TokensShape(SideShape, kw_only=True):
    """Tokens that let a worker in; one that has a worker is consumed.

    `delete_expired`: expired tokens that nobody used may be deleted.
    """

    COLUMNS = ("token", "worker", "expires")
    TIMES = ("expires",)

    token: str
    worker: str
    expires: str
    delete_expired: bool = False
