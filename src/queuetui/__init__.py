"""queuetui: the terminal console for job queues, with a reliable queue and a headless worker of its own."""

from __future__ import annotations

__version__ = "0.1.0"
