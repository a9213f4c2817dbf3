"""The terminal console for job queues, with a queue and a worker of its own."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from queuetui.client import EnqueueResult, Queue
    from queuetui.engine.context import Context
    from queuetui.engine.outcome import Retry, Snooze
    from queuetui.model.backoff import Backoff
    from queuetui.model.correlation import correlated
    from queuetui.model.declaration import job

__version__ = "0.1.0"
__all__ = ["Backoff", "Context", "EnqueueResult", "Queue", "Retry", "Snooze", "__version__", "correlated", "job"]

# Loaded when first asked for: `import queuetui` costs no driver and no SQLAlchemy.
_HOMES = {
    "Backoff": "queuetui.model.backoff",
    "Context": "queuetui.engine.context",
    "EnqueueResult": "queuetui.client",
    "Queue": "queuetui.client",
    "Retry": "queuetui.engine.outcome",
    "Snooze": "queuetui.engine.outcome",
    "correlated": "queuetui.model.correlation",
    "job": "queuetui.model.declaration",
}


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        message = f"module 'queuetui' has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(home), name)
