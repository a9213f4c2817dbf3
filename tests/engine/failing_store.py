"""A real store whose answers a test can take away."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event
from typing import Any

from queuetui.backends.base import JobStore
from queuetui.model.errors import Unreachable

STORE_VERBS = {
    "beat",
    "close_lease",
    "mark_running",
    "next_due_s",
    "open_lease",
    "promote",
    "prune",
    "queues_ready",
    "register",
    "renew",
    "retire",
    "step",
    "sweep",
}


class FailingStore:
    """Passes every call on; while `away` is set calls fail, and those in `lose_answers` fail once after they were done."""

    def __init__(self, store: JobStore) -> None:
        self.away = Event()
        self.refuse: set[str] = set()
        self.lose_answers: set[str] = set()
        self.calls: list[str] = []
        self.leases: list[str] = []
        self._store = store

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._store, name)
        return self._guarded(name, found) if name in STORE_VERBS else found

    def _guarded(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def guarded(*given: Any) -> Any:
            self.calls.append(name)
            if self.away.is_set() or name in self.refuse:
                message = "the store does not answer; it was taken away by a test"
                raise Unreachable(message)
            answer = call(*given)
            if name == "open_lease":
                self.leases.append(answer.id)
            if name in self.lose_answers and not (name == "step" and not answer.claimed):
                self.lose_answers.discard(name)
                message = "the answer was lost; it was taken away by a test"
                raise Unreachable(message)
            return answer

        return guarded
