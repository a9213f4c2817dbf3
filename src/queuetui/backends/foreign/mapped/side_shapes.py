"""What a mapping file may say of the tables beside the jobs: the log, the workers, their tokens."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec


class Strict(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A table of the file, in which a key that is not known is refused."""


class TimesShape(Strict):
    """How times are stored; `zone` is that of the application's wall clock."""

    kind: Literal["zoned", "naive", "seconds", "milliseconds", "iso"]
    zone: str = "UTC"


class SideShape(Strict, kw_only=True):
    """A table beside the jobs.

    An `optional` one may be missing, and is then ignored. `times` are those of the table of jobs unless given.
    """

    table: str
    optional: bool = False
    times: TimesShape | None = None


class EventsShape(SideShape, kw_only=True):
    """The log that the application keeps: its columns, as NAME or NAME.KEY of a JSON column.

    Of `job` those that are there count, the first that is not NULL in a row. `kinds` are the application's words for our kinds of events;
    any other word is shown as it is. `channels` are what PostgreSQL notifies when there is news. `clear`: old rows may be deleted.
    """

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

    def columns(self) -> Iterator[tuple[str, list[str]]]:
        """Yield each key that names columns, with those of which one must be there."""
        yield from (("at", [self.at]), ("kind", [self.kind]), ("job", self.job))
        yield from (("error", [self.error]), ("worker", [self.worker]), ("correlation", [self.correlation]))


class WorkersShape(SideShape, kw_only=True):
    """The application's workers.

    `beat` may be NULL: such a worker has not beaten yet, and is silent from its registration on.

    `ended` are the statuses of workers that work no more. `failed` and `stopped` are what a person may set: workers without a beat to the
    one, all to the other.
    """

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

    def columns(self) -> Iterator[tuple[str, list[str]]]:
        """Yield each key that names a column."""
        for key in ("key", "status", "created", "beat", "type", "capabilities"):
            yield key, [getattr(self, key)]


class TokensShape(SideShape, kw_only=True):
    """Tokens that let a worker in; one that has a worker is consumed.

    `delete_expired`: expired tokens that nobody used may be deleted.
    """

    token: str
    worker: str
    expires: str
    delete_expired: bool = False

    def columns(self) -> Iterator[tuple[str, list[str]]]:
        """Yield each key that names a column."""
        for key in ("token", "worker", "expires"):
            yield key, [getattr(self, key)]
