"""Empty stores of every kind that the suite runs over."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from queuetui.backends.backend import NativeBackend
from queuetui.backends.base import BackendOptions
from queuetui.backends.registry import NATIVE, open_native

# No test of the suite is about how long a read may take, and a busy machine takes its time.
PATIENCE_S = 30.0
# Every backend named here is held to the whole suite.
KINDS = ("memory", "sqlite", "postgresql", "mysql", "redis")
KEPT_BRIEFLY = {"native.keep_completed": "0", "native.keep_cancelled": "0", "native.keep_failed": "0"}


@dataclass
class Store:
    """One store, empty at first, and the backends opened on it."""

    kind: str
    url: str
    opened: list[NativeBackend] = field(default_factory=list)

    def open(self, settings: dict[str, str] | None = None) -> NativeBackend:
        """Open a backend on the store, as another process would."""
        options = BackendOptions(
            name="shop", kind=NATIVE, create=True, settings=settings or {}, statement_timeout_s=PATIENCE_S
        )
        self.opened.append(open_native(self.url, options))
        return self.opened[-1]

    def close(self) -> None:
        """Close every backend opened here."""
        while self.opened:
            self.opened.pop().close()


@contextmanager
def fresh_store(kind: str, url: str) -> Iterator[Store]:
    """Give the store at a URL, and close what was opened on it."""
    store = Store(kind, url)
    try:
        yield store
    finally:
        store.close()
