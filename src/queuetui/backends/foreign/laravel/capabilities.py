"""What can be done to a Laravel database queue from outside, and why the rest cannot."""

from __future__ import annotations

from queuetui.backends.foreign.laravel.names import KIND, LABEL
from queuetui.backends.foreign.laravel.states import KEPT_STATES
from queuetui.model.act import Verb
from queuetui.model.capabilities import Capabilities
from queuetui.model.state import State

NO_PAUSE = (
    "Laravel 8 to 11 cannot pause a queue, and newer versions keep the pause in the application's cache; stop its workers, "
    "or run there: php artisan queue:pause"
)
NO_EVENTS = "Laravel keeps no record of what happened to a job"

CAPABILITIES = Capabilities(
    kind=KIND,
    label=LABEL,
    native=False,
    applies={
        Verb.RETRY: frozenset({State.FAILED, State.RETRYING, State.SCHEDULED}),
        Verb.CANCEL: KEPT_STATES - {State.FAILED},
        Verb.DELETE: KEPT_STATES,
        Verb.RELEASE: frozenset({State.PROCESSING}),
    },
    keeps=KEPT_STATES,
    reasons={
        Verb.PAUSE: NO_PAUSE,
        Verb.RESUME: NO_PAUSE,
        Verb.CLEAN: "Laravel stores no workers",
        Verb.EVENTS_ON: NO_EVENTS,
        Verb.EVENTS_OFF: NO_EVENTS,
        Verb.LIMIT: "Laravel's limits are middleware in the application's code",
        **dict.fromkeys((Verb.SCHEDULE, Verb.UNSCHEDULE, Verb.RUN), "Laravel's schedule is in the application's code"),
    },
    warnings={
        Verb.CANCEL: "cancel = remove: Laravel keeps no cancelled jobs and no copy; work that runs is not stopped",
        Verb.DELETE: "Laravel keeps no copy of a deleted job; work that runs is not stopped",
        Verb.RELEASE: (
            "Laravel stores no liveness. If the job is in truth still running, a second worker takes it, and with one try allowed "
            "fails it at once while the first finishes. Make sure that its worker is dead"
        ),
    },
)
