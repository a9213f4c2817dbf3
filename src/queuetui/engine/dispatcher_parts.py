"""The record of the parts of a worker that its dispatcher uses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from queuetui.backends.base import JobStore
    from queuetui.engine.claimer import Claimer, Room
    from queuetui.engine.clock import Clock, Wakeup
    from queuetui.engine.finisher import Finisher, Outbox
    from queuetui.engine.isolation import Executor
    from queuetui.engine.lease import Leases
    from queuetui.engine.notekeeper import Notekeeper
    from queuetui.engine.settings import WorkerSettings
    from queuetui.engine.stop import Stopping
    from queuetui.engine.store_health import StoreHealth
    from queuetui.engine.suspects import Suspects
    from queuetui.engine.volume import Volume


@dataclass(frozen=True, slots=True)
class DispatcherParts:
    """The store and the parts of one worker that its dispatcher uses."""

    store: JobStore
    settings: WorkerSettings
    worker_id: str
    executor: Executor
    leases: Leases
    outbox: Outbox
    finisher: Finisher
    claimer: Claimer
    room: Room
    stopping: Stopping
    health: StoreHealth
    wakeup: Wakeup
    clock: Clock
    volume: Volume
    suspects: Suspects
    notekeeper: Notekeeper
