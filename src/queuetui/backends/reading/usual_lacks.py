"""What most products' queues lack, and why, in the same words for every product."""

from __future__ import annotations

from queuetui.model.act import Verb

_LACKS = {
    "priority": "{label}'s {jobs} have no priority",
    "key": "{label}'s {jobs} carry no idempotency key",
    "correlation_id": "{label}'s {jobs} carry no correlation id",
    "tag": "{label}'s {jobs} carry no tags",
    "lost": "{label} does not count lost runs apart",
}


def lacking(label: str, *fields: str, jobs: str = "jobs") -> dict[str, str]:
    """Return why some fields of the filter language are not known of a product's jobs."""
    return {name: _LACKS[name].format(label=label, jobs=jobs) for name in fields}


def usual_reasons(
    label: str, *, pauses: str = "", schedules: str = "", events: str = "", workers: str = "", limits: str = ""
) -> dict[Verb, str]:
    """Return why a product lacks the verbs on queues, schedules, events, workers and limits."""
    told = {
        (Verb.PAUSE, Verb.RESUME): pauses or f"{label} cannot pause a queue; stop its workers",
        (Verb.SCHEDULE, Verb.UNSCHEDULE, Verb.RUN): schedules or f"{label}'s schedules are in the application's code",
        (Verb.EVENTS_ON, Verb.EVENTS_OFF): events or f"{label} keeps no record of what happened to a job",
        (Verb.CLEAN,): workers or f"{label} stores no workers",
        (Verb.LIMIT,): limits or f"{label}'s limits are in the application's code",
    }
    return {verb: why for verbs, why in told.items() for verb in verbs}
