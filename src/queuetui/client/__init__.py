"""The classes that programs import to enqueue jobs and to read them."""

from __future__ import annotations

from queuetui.client.new_job import JobOptions
from queuetui.client.queue import EnqueueResult, Queue
from queuetui.client.schedules import Recurrence

__all__ = ["EnqueueResult", "JobOptions", "Queue", "Recurrence"]
