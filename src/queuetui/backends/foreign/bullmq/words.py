"""What is told of BullMQ's jobs in both of its stores."""

from __future__ import annotations

from queuetui.backends.reading.usual_lacks import lacking, usual_reasons
from queuetui.model.act import Verb

REASONS = usual_reasons(
    "BullMQ", schedules="BullMQ's job schedulers are the application's: upsertJobScheduler",
    events="BullMQ itself writes its events, always", workers="BullMQ stores no workers: one that is gone is not connected any more",
    limits="BullMQ's limits are the application's: setGlobalConcurrency, setGlobalRateLimit",
)  # fmt: skip
ABSENT = lacking("BullMQ", "correlation_id", "tag")
WARNINGS = {
    Verb.RETRY: "a failed job gets all its attempts again",
    Verb.RELEASE: "BullMQ's workers take such a job back by themselves within a minute: release is for a queue without one",
    Verb.CANCEL: "BullMQ keeps no cancelled jobs: the job is deleted",
    Verb.DELETE: "BullMQ keeps no copy of a deleted job",
}
STALLED = "it stalled before: BullMQ fails it once it stalls again"
STALLS = f"{STALLED} (maxStalledCount), so let a worker run, and retry it once it failed"
WAITS = "it waits already, and is taken when a worker is free"
LOWER_FIRST = "the lowest number above 0 runs first, and jobs without one before all of them"
