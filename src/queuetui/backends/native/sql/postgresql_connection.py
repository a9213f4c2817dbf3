"""A psycopg connection that does not wait for ever: a server, or a box on the way to it, may keep a connection open and say nothing."""

from __future__ import annotations

from collections.abc import Generator
from time import monotonic
from typing import Any, TypeVar

import psycopg

from queuetui.backends.native.sql.session import Row

T = TypeVar("T")
# The server itself ends a statement after 30 s: who has not answered by now will not.
ANSWER_WITHIN_S = 35.0
LOOK_EVERY_S = 0.1


class PatientConnection(psycopg.Connection[Row]):
    """Closes itself when an answer does not come in time."""

    def wait(self, gen: Generator[Any, Any, T], interval: float = LOOK_EVERY_S, timeout: float | None = None) -> T:
        """Wait for an answer. Raises OperationalError when there is none in time."""
        if timeout is not None:
            # Who names a time himself waits for news, which need not come.
            return super().wait(gen, interval, timeout)
        return super().wait(self._bound(gen), interval)

    def _bound(self, gen: Generator[Any, Any, T]) -> Generator[Any, Any, T]:
        until_s = monotonic() + ANSWER_WITHIN_S
        try:
            wish = next(gen)
            while True:
                ready = yield wish
                if not ready and monotonic() > until_s:
                    # Closed at once, so that nobody asks it for a rollback and waits as long again.
                    self.pgconn.finish()
                    raise psycopg.OperationalError(f"the server gave no answer within {ANSWER_WITHIN_S:g} s")
                wish = gen.send(ready)
        except StopIteration as end:
            answer: T = end.value
            return answer
