"""A psycopg connection that gives up on a server that keeps the connection open and does not answer."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from functools import cache
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg
from psycopg import generators
from psycopg.errors import error_from_result
from psycopg.pq import DiagnosticField, ExecStatus, Format, TransactionStatus

from queuetui.backends.native.sql.session import Row

if TYPE_CHECKING:
    from psycopg.pq.abc import PGresult

T = TypeVar("T")
Value = str | bytes | int | None
# The server ends a statement after 30 s: an answer that is later than this will not come.
ANSWER_WITHIN_S = 35.0
LOOK_EVERY_S = 0.1
_TEXT, _BINARY = Format.TEXT, Format.BINARY
# The SQLSTATE of an unknown prepared statement: the driver deallocates all of them after a rollback.
_FORGOTTEN = b"26000"


class PatientConnection(psycopg.Connection[Row]):
    """Closes itself when an answer does not arrive in time."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - the driver's own
        super().__init__(*args, **kwargs)
        self._kept: set[bytes] = set()

    def wait(self, gen: Generator[Any, Any, T], interval: float = LOOK_EVERY_S, timeout: float | None = None) -> T:
        """Wait for an answer; raises OperationalError when there is none in time."""
        if timeout is not None:
            # A caller that passes a timeout waits for notifications, which need not arrive.
            return super().wait(gen, interval, timeout)
        return super().wait(self._bound(gen), interval)

    @property
    def is_alone(self) -> bool:
        """Tell whether the next statement is a transaction by itself."""
        return self.pgconn.transaction_status == TransactionStatus.IDLE

    def run_kept(
        self, name: bytes, statement: str, names: tuple[str, ...], values: Sequence[Value]
    ) -> list[Any] | None:
        """Run a prepared statement alone; return its first row as the server's texts.

        The driver looks at the type of each value and at its own book of statements, which costs the client twice what the rest
        of a small statement does. Raises the driver's errors.
        """
        text = _numbered(statement, names)
        if name not in self._kept:
            self._keep(name, text)
        result = self._send(name, values)
        if result.status == ExecStatus.FATAL_ERROR and result.error_field(DiagnosticField.SQLSTATE) == _FORGOTTEN:
            self._keep(name, text)
            result = self._send(name, values)
        if result.status == ExecStatus.FATAL_ERROR:
            raise error_from_result(result)
        return [result.get_value(0, column) for column in range(result.nfields)] if result.ntuples else None

    def _keep(self, name: bytes, text: str) -> None:
        self.pgconn.send_prepare(name, text.encode())
        (result,) = self.wait(generators.execute(self.pgconn))
        if result.status == ExecStatus.FATAL_ERROR:
            raise error_from_result(result)
        self._kept.add(name)

    def _send(self, name: bytes, values: Sequence[Value]) -> PGresult:
        sent = [one if one is None or isinstance(one, bytes) else str(one).encode() for one in values]
        formats = [_BINARY if isinstance(one, bytes) else _TEXT for one in values]
        self.pgconn.send_query_prepared(name, sent, formats)
        results: list[PGresult] = self.wait(generators.execute(self.pgconn))
        return results[0]

    def _bound(self, gen: Generator[Any, Any, T]) -> Generator[Any, Any, T]:
        until_s = monotonic() + ANSWER_WITHIN_S
        try:
            wish = next(gen)
            while True:
                ready = yield wish
                if not ready and monotonic() > until_s:
                    # Closed at once, otherwise a rollback would wait for as long again.
                    self.pgconn.finish()
                    raise psycopg.OperationalError(f"the server gave no answer within {ANSWER_WITHIN_S:g} s")
                wish = gen.send(ready)
        except StopIteration as end:
            answer: T = end.value
            return answer


@cache
def _numbered(statement: str, names: tuple[str, ...]) -> str:
    """Return a statement with its named values numbered as the names are."""
    for place, name in enumerate(names, 1):
        statement = statement.replace(f"%({name})s", f"${place}")
    return statement.replace("%%", "%")
