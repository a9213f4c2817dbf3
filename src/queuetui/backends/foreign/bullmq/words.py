"""What is told of BullMQ's jobs in both of its stores."""

from __future__ import annotations

from queuetui.model.act import Verb

REASONS = {
    **dict.fromkeys(
        (Verb.SCHEDULE, Verb.UNSCHEDULE, Verb.RUN), "BullMQ's job schedulers are the application's: upsertJobScheduler"
    ),
    **dict.fromkeys((Verb.EVENTS_ON, Verb.EVENTS_OFF), "BullMQ itself writes its events, always"),
    Verb.CLEAN: "BullMQ stores no workers: one that is gone is not connected any more",
    Verb.LIMIT: "BullMQ's limits are the application's: setGlobalConcurrency, setGlobalRateLimit",
}
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
