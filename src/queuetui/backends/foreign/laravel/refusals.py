"""What Laravel's queues do not keep or allow, and why, in whichever store they are."""

from __future__ import annotations

from queuetui.backends.reading.usual_lacks import lacking, usual_reasons
from queuetui.model.act import Verb

_NO_PAUSE = (
    "Laravel 8 to 11 cannot pause a queue, and newer versions keep the pause in the application's cache; stop its workers, "
    "or run there: php artisan queue:pause"
)
PAST = "its retryUntil is past: a worker that takes it fails it at once"
ABSENT = lacking("Laravel", "key", "correlation_id", "lost") | {
    "worker": "Laravel does not store which worker holds a job",
    "priority": "Laravel's jobs have no priority: workers take whole queues in an order of their own",
}
REASONS = usual_reasons("Laravel", pauses=_NO_PAUSE, limits="Laravel's limits are middleware in the application's code")
WARNINGS = {
    Verb.CANCEL: "cancel = remove: Laravel keeps no cancelled jobs and no copy; work that runs is not stopped",
    Verb.DELETE: "Laravel keeps no copy of a deleted job; work that runs is not stopped",
    Verb.RELEASE: (
        "Laravel stores no liveness. If the job is in truth still running, a second worker takes it, and with one try allowed "
        "fails it at once while the first finishes. Make sure that its worker is dead"
    ),
}
