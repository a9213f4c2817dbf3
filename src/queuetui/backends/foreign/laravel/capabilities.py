"""What can be done to a Laravel database queue from outside, and why the rest cannot."""

from __future__ import annotations

from queuetui.backends.foreign.laravel.states import KEPT_STATES
from queuetui.model.act import Verb
from queuetui.model.capabilities import Capabilities

KIND = "laravel"
LABEL = "Laravel database queue"

NO_PAUSE = (
    "Laravel 8 to 11 cannot pause a queue, and newer versions keep the pause in the application's cache; stop its workers, "
    "or run there: php artisan queue:pause"
)
NO_EVENTS = "Laravel keeps no record of what happened to a job"

CAPABILITIES = Capabilities(
    kind=KIND,
    label=LABEL,
    native=False,
    verbs=frozenset({Verb.RETRY, Verb.DELETE, Verb.RELEASE}),
    keeps=KEPT_STATES,
    reasons={
        Verb.CANCEL: "Laravel keeps no cancelled jobs and cannot stop a running one; delete takes a waiting job out of the queue",
        Verb.PAUSE: NO_PAUSE,
        Verb.RESUME: NO_PAUSE,
        Verb.CLEAN: "Laravel stores no workers",
        Verb.EVENTS_ON: NO_EVENTS,
        Verb.EVENTS_OFF: NO_EVENTS,
        Verb.LIMIT: "Laravel's limits are middleware in the application's code",
        **dict.fromkeys((Verb.SCHEDULE, Verb.UNSCHEDULE, Verb.RUN), "Laravel's schedule is in the application's code"),
    },
    warnings={
        Verb.DELETE: (
            "Laravel keeps no copy. Of a job that is taken only the row goes, past the limit only: work that is in truth running "
            "is not stopped, and if it fails it is not tried again. Deleting a member leaves its batch pending for ever; "
            "a unique job leaves its lock behind"
        ),
        Verb.RELEASE: (
            "Laravel stores no liveness. If the job is in truth still running, a second worker takes it, and with one try allowed "
            "fails it at once while the first finishes. Make sure that its worker is dead"
        ),
    },
)
