"""What is told of SAQ's jobs in both of its stores."""

from __future__ import annotations

from queuetui.backends.reading.usual_lacks import lacking
from queuetui.model.act import Verb

ABSENT = lacking("SAQ", "correlation_id", "lost", "tag")
WARNINGS = {
    Verb.RETRY: "the job begins anew: its attempts, error and due time are taken out of it",
    Verb.RELEASE: "the job begins anew with no attempts; SAQ's own sweep, once a minute, would retry or abort it",
    Verb.CANCEL: "SAQ drops a cancelled job after its ttl, ten minutes by itself",
    Verb.DELETE: "SAQ keeps no copy of a deleted job",
}
RECURS = "a recurring job: a worker that has it in its code enqueues its next run by itself"
TRIED_AGAIN = "its error is that of its last run: SAQ tries it again when it is due"
