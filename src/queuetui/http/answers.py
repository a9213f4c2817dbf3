"""The schemas of answers, for the OpenAPI document.

They list the members that are always present, with their types.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any]

TEXT: Schema = {"type": "string"}
TIME: Schema = {"type": "string", "format": "date-time"}
WHOLE: Schema = {"type": "integer"}
NUMBER: Schema = {"type": "number"}
FLAG: Schema = {"type": "boolean"}
MAP: Schema = {"type": "object"}
LIST: Schema = {"type": "array"}
TEXTS: Schema = {"type": "array", "items": TEXT}
ANYTHING: Schema = {}


def or_null(kind: Schema) -> Schema:
    """Return the schema of a value that is null where the store does not tell it."""
    return {"anyOf": [kind, {"type": "null"}]}


def members(**kinds: Schema) -> Schema:
    """Return the schema of an object with all of these members.

    It may have others: new ones may be added, none is taken away.
    """
    return {"type": "object", "required": list(kinds), "properties": kinds}


def each(name: str) -> Schema:
    """Return a list of a component."""
    return {"type": "array", "items": ref(name)}


def ref(name: str) -> Schema:
    """Return a component by its name."""
    return {"$ref": f"#/components/schemas/{name}"}


_COUNTS = dict.fromkeys(
    ("scheduled", "pending", "processing", "retrying", "completed", "failed", "cancelled"), or_null(WHOLE)
)
_HEALTH = {
    "timestamp": TIME,
    "backend": TEXT,
    "queues": MAP,
    "processingStats": ref("ProcessingStats"),
    "workers": MAP,
    "measures": MAP,
}
_JOB = {
    "id": TEXT,
    "version": TEXT,
    "backend": TEXT,
    "type": TEXT,
    "name": or_null(TEXT),
    "queue": TEXT,
    "state": TEXT,
    "stuck": FLAG,
    "verdict": or_null(ref("Verdict")),
    "priority": or_null(WHOLE),
    "attempts": or_null(WHOLE),
    "max_attempts": or_null(WHOLE),
    "lost": or_null(WHOLE),
    "payload": ANYTHING,
    "data": or_null(TEXT),
    "result": ANYTHING,
    "error": or_null(MAP),
    **dict.fromkeys(("worker", "correlation_id", "idempotency_key"), or_null(TEXT)),
    "tags": TEXTS,
    "progress": ANYTHING,
    **dict.fromkeys(("scheduled_at", "started_at", "completed_at", "created_at", "updated_at"), or_null(TIME)),
}
_GROUP = {
    "backend": TEXT,
    "fingerprint": TEXT,
    "type": TEXT,
    "error_class": or_null(TEXT),
    "message": or_null(TEXT),
    "jobs": WHOLE,
    "first_at": or_null(TIME),
    "last_at": or_null(TIME),
    "sample_id": TEXT,
    "recent": LIST,
    "versions": TEXTS,
}
_WORKER = {
    "backend": TEXT,
    "id": TEXT,
    "host": or_null(TEXT),
    "pid": or_null(WHOLE),
    "queues": or_null(TEXTS),
    "live": FLAG,
    "slots": or_null(WHOLE),
}
_REPORT = {
    "backend": TEXT,
    "act": TEXT,
    "verb": TEXT,
    **dict.fromkeys(("done", "skipped", "failed", "unknown", "not_found"), WHOLE),
    "results": each("Result"),
    "remarks": TEXTS,
    "spared": or_null(TEXT),
    "more": FLAG,
}
COMPONENTS: Mapping[str, Schema] = {
    "Job": members(**_JOB),
    "Verdict": members(code=TEXT, severity=TEXT, summary=TEXT, evidence=MAP, next=TEXT),
    "Event": members(at=TIME, event=TEXT, queue=or_null(TEXT), job=or_null(TEXT), worker=or_null(TEXT), data=MAP),
    "Queue": members(backend=TEXT, queue=TEXT, **_COUNTS, stuck=or_null(WHOLE)),
    "Worker": members(**_WORKER),
    "FailureGroup": members(**_GROUP),
    "Finding": members(subject=TEXT, name=TEXT, code=TEXT, severity=TEXT, summary=TEXT, evidence=MAP, next=TEXT),
    "ProcessingStats": members(
        totalJobsProcessed=or_null(WHOLE),
        activeJobs=or_null(WHOLE),
        averageProcessingTime=or_null(NUMBER),
        errorRate=or_null(NUMBER),
    ),
    "Result": members(backend=TEXT, id=TEXT, outcome=TEXT, state_now=or_null(TEXT), note=TEXT),
    "Report": members(**_REPORT),
    "Rehearsal": members(
        backend=TEXT, dry_run=FLAG, verb=TEXT, would=TEXTS, left=LIST, not_found=TEXTS, spared=or_null(TEXT), more=FLAG
    ),
}
_DONE = members(backend=TEXT, id=TEXT, outcome=TEXT, verb=TEXT, act=TEXT, remarks=TEXTS)
_MANY: Schema = {"anyOf": [ref("Report"), ref("Rehearsal")]}
# By the name of the endpoint's function, which is the operation's id.
ANSWERS: Mapping[str, Schema] = {
    "list_jobs": members(
        jobs=each("Job"), total=or_null(WHOLE), total_exactness=TEXT, cursor=or_null(TEXT), notes=TEXTS
    ),
    "show_job": members(**_JOB, remarks=TEXTS, attempt_log=LIST, usage=MAP, run_log=LIST),
    "enqueue_job": members(id=TEXT, created=FLAG, state=TEXT),
    "show_stats": members(
        **_COUNTS, stuck=or_null(WHOLE), total=or_null(WHOLE), exactness=MAP, queues=MAP, problems=MAP
    ),
    "cancel_job": _DONE,
    "retry_job": _DONE,
    "act_on_many": _MANY,
    "retry_group": _MANY,
    "clean_up": ref("Report"),
    "list_queues": members(queues=each("Queue"), as_of=TIME, problems=MAP),
    "list_workers": members(workers=each("Worker"), problems=MAP),
    "list_gone_workers": members(workers=LIST, more=FLAG),
    "list_events": members(events=each("Event"), cursor=or_null(TEXT), notes=TEXTS),
    "count_events": members(counts=MAP, more=FLAG),
    "show_trace": members(events=each("Event"), more=FLAG, notes=TEXTS),
    "list_lives": members(lives=LIST, notes=TEXTS),
    "list_gaps": members(gaps=LIST, counts=MAP, events=WHOLE, jobs=WHOLE, notes=TEXTS),
    "list_failures": members(failures=each("FailureGroup"), notes=TEXTS),
    "show_failure": members(**_GROUP, filter=TEXT, sample=ref("Job")),
    "list_schedules": members(schedules=LIST, problems=MAP),
    "list_chores": members(chores=LIST),
    "list_worker_tokens": members(tokens=LIST),
    "examine": members(backend=TEXT, level=TEXT, checks=LIST),
    "show_database": members(backend=TEXT, product=TEXT, server=LIST),
    "show_health": members(status=TEXT, **_HEALTH, findings=each("Finding"), problems=MAP),
    "show_metrics": members(**_HEALTH),
    "debug_job": members(
        job=ref("Job"), verdict=ref("Verdict"), events=or_null(each("Event")), logs=LIST, queue=MAP, findings=LIST
    ),
    "live": members(status=TEXT),
    "ready": members(status=TEXT, systems=MAP),
}
