"""What a product keeps beside jobs, found once for each look."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from queuetui.model.job_view import uncounted_queue

if TYPE_CHECKING:
    from queuetui.backends.keys.shelf import Listing
    from queuetui.model.snapshot import QueueInfo
    from queuetui.model.worker import WorkerInfo


@dataclass(frozen=True, slots=True)
class Repeated:
    """How many members of a shelf are jobs that stand on another one, where they count."""

    count: int
    # Why that is an estimate, empty where it is not.
    why: str = ""


@dataclass(frozen=True, slots=True)
class Survey:
    """The queues and workers of a product.

    A product that needs more of them for its shelves and jobs extends this class.
    """

    # By their exact bytes, as all names of queues here.
    queues: tuple[bytes, ...]
    workers: tuple[WorkerInfo, ...] = ()
    # The names of worker processes, where keys are named by these.
    processes: tuple[bytes, ...] = ()
    # The command that stopped all claims of all queues, empty where they are not stopped.
    suspended_by: str = ""
    # The queues that are paused by themselves.
    paused: frozenset[bytes] = frozenset()
    # Why there may be queues that were not found, empty where these are all.
    unseen: str = ""
    # The keys that are jobs themselves, where the product has such.
    listing: Listing | None = None

    def is_paused(self, queue: str) -> bool:
        """Tell whether nothing is taken from a queue."""
        return bool(self.suspended_by) or queue.encode("utf-8", "surrogatepass") in self.paused

    def describe(self, queue: str) -> QueueInfo:
        """Return a queue with what keeps its jobs from being taken, and no counts."""
        is_held = self.is_paused(queue) and not self.suspended_by
        return replace(uncounted_queue(queue), suspended_by=self.suspended_by, held=is_held)
