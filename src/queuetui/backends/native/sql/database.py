"""A database: driver connections for the worker's writes, console connections for people."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING, ClassVar, TypeVar

from queuetui.backends.forks import StoreHandle
from queuetui.backends.native.sql.session import Session
from queuetui.model.errors import Unsupported

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from queuetui.backends.base import BackendOptions, Listener
    from queuetui.backends.sql.console_connection import ConsoleDatabase
    from queuetui.model.job_id import Span

T = TypeVar("T")


class Database(StoreHandle, ABC):
    """Where the tables live, for any number of threads; `name` is the backend's name in refs."""

    dialect: ClassVar[str]
    # Whether `write_at_once` differs from `write`.
    writes_at_once: ClassVar[bool] = False
    # Set by the code that connects: SQLAlchemy is imported for consoles and never for a worker.
    console_opener: Callable[[str, BackendOptions], ConsoleDatabase] | None = None

    def __init__(self, url: str, options: BackendOptions) -> None:
        super().__init__()
        self.url = url
        self.options = options
        self.name = options.name or self.dialect
        self._console: ConsoleDatabase | None = None
        self._console_guard = Lock()

    @abstractmethod
    def write(self, doing: str, work: Callable[[Session], T], *, verbatim: bool = False) -> T:
        """Do work in one transaction and commit; begin again after a deadlock or a serialisation failure.

        A text that the store's encoding cannot hold is written with visible escapes, or with `verbatim` refused by BadPayload.
        """

    def write_at_once(self, doing: str, work: Callable[[Session], T]) -> T:
        """Do work of which every statement is its own transaction, where that is cheaper."""
        return self.write(doing, work)

    @abstractmethod
    def read(self, doing: str, work: Callable[[Session], T]) -> T:
        """Do work that only reads."""

    @abstractmethod
    def picture(self, doing: str, work: Callable[[Session], T]) -> T:
        """Do work that reads one snapshot of the data, within the time that a console waits, until cancelled."""

    def change_schema(self, doing: str, work: Callable[[Session], T]) -> T:
        """Do work that changes the schema, all or nothing."""
        return self.write(doing, work)

    @abstractmethod
    def join(self, connection: Connection) -> Session:
        """Return a session inside a caller's transaction."""

    @abstractmethod
    def find_between(self, connection: Connection, spans: Sequence[Span]) -> Iterable[tuple[str, int]]:
        """Return the id and rev of every job whose id lies in one of many spans, on a console's connection."""

    @abstractmethod
    def listen(self, hear: Callable[[str], None]) -> Listener | None:
        """Listen for new jobs, None where the store sends no notifications."""

    def listen_events(self, hear: Callable[[], None]) -> Listener | None:
        """Listen for events, None where the store sends no notifications."""
        return None

    def is_pooled(self) -> bool:
        """Tell whether a pooler assigns the server's sessions by transaction."""
        return False

    @abstractmethod
    def announce(self, queues: Collection[str]) -> None:
        """Notify workers of queues with new jobs, where the enqueuing statement does not."""

    def keep_event_days(self, kept_s: float) -> None:
        """Create and drop daily partitions of the event log, where it has them."""

    @abstractmethod
    def create(self) -> None:
        """Create what the schema needs before its first table: on SQLite the file."""

    @abstractmethod
    def close(self) -> None:
        """Give back every connection."""

    @contextmanager
    def reading(self, doing: str) -> Iterator[Connection]:
        """Open a console's short read-only transaction."""
        with self._open_console().reading(doing) as connection:
            yield connection

    @contextmanager
    def writing(self, doing: str) -> Iterator[Connection]:
        """Open a console's transaction, which commits at the end."""
        with self._open_console().writing(doing) as connection:
            yield connection

    def start_anew(self) -> None:
        """Begin without a connection in a forked child; the console's part drops its own too."""
        self._console_guard = Lock()

    def close_console(self) -> None:
        """Give back the console's connections."""
        with self._console_guard:
            if self._console is not None:
                self._console.close()
                self._console = None

    def _open_console(self) -> ConsoleDatabase:
        with self._console_guard:
            if self._console is None:
                if self.console_opener is None:
                    raise Unsupported(
                        "this database was opened for a worker alone; open it with connect_database to read it"
                    )
                self._console = self.console_opener(self.url, self.options)
            return self._console


def check_joinable(connection: Connection, dialect: str, driver: str) -> None:
    """Refuse a caller's connection to another kind of database; raises Unsupported."""
    if (connection.dialect.name, connection.dialect.driver) != (dialect, driver):
        raise Unsupported(
            f"a job cannot join a transaction on {connection.dialect.name}+{connection.dialect.driver}; "
            f"pass a connection of the queue's own database, opened with {dialect}+{driver}"
        )
