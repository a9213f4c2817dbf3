"""Whether a job matches a filter: the meaning that all backends agree with."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from queuetui.model.act import JobRef
from queuetui.model.job import Job
from queuetui.model.query_match import matches
from queuetui.model.query_parser import parse_query
from queuetui.model.state import FINAL, LIVE, WAITING, State
from tests.model.jobs import NOW, make_error, make_job, text

PAYLOAD = '{"user": {"id": 42, "name": "Zoë"}, "items": [{"sku": "A-1"}, 7], "ok": true, "none": null, "x": 1.5}'


def found(query: str, job: Job, *, stuck: bool = False) -> bool:
    """Tell whether a job matches, at NOW."""
    return matches(parse_query(query), job, NOW, lambda _: stuck)


YES_AND_NO: list[tuple[dict[str, Any], str, str]] = [
    ({}, "state:pending", "state:failed"),
    ({}, "state:failed,pending", "-state:pending"),
    ({}, "queue:mail", "queue:MAIL"),
    ({}, "queue:m*", "queue:m"),
    ({}, "queue:ma?l", "queue:ma?"),
    ({}, "queue~AI", "queue~x"),
    ({"queue": "a[b]c"}, "queue:a[b]*", "queue:a[x]c"),
    ({}, "type:Send", "type:Sen"),
    ({}, "id:*1a2b", "id:1a2b"),
    ({"name": "Weekly"}, "name:W*", "name:w*"),
    ({}, "-name:*", "name:*"),
    ({"worker": "web-1"}, "worker:web-1,web-2", "worker:web"),
    ({"idempotency_key": "k"}, "key:k", "key:other"),
    ({"correlation_id": "req-1"}, "correlation:req-*", "correlation:req"),
    ({"tags": (text("vip"), text("eu"))}, "tag:eu", "tag:e"),
    ({"priority": -5}, "priority<0", "priority>=0"),
    ({"priority": None}, "-priority>0", "priority<0"),
    ({"attempts": 3}, "attempts:3", "attempts>3"),
    ({"max_attempts": 3}, "max_attempts<=3", "max_attempts<3"),
    ({"lost": 2}, "lost>=2", "lost:0"),
    ({"error": make_error()}, 'error~"NO SUCH"', "error~timeout"),
    ({"error": make_error()}, 'error:"ValueError: no"*', "error:ValueError"),
    ({"queue": "mail*"}, 'queue:"mail*"', 'queue:"mail?"'),
    ({"queue": "mails"}, "queue:mail*", 'queue:"mail*"'),
    ({"queue": "a,b"}, 'queue:"a,b"', "queue:a,b"),
    ({"type": "a[*]b"}, 'type:"a[*]"*', 'type:"a[*]"'),
    ({"type": r"App\Jobs\Send"}, r"type:App\Jobs\*", r'type:"App\\Jobs\\*"'),
    ({}, "-error~x", "error~x"),
    ({"data": "sku A-1"}, "data~a-1", "data:a-1"),
    ({"payload": PAYLOAD}, "payload~zoË", "payload~zoo"),
    ({"payload": PAYLOAD}, "payload.user.id:42", "payload.user.id:4"),
    ({"payload": PAYLOAD}, "payload.user.id>41.5", "payload.user.id>42"),
    ({"payload": PAYLOAD}, "payload.user.name:Zo?", "payload.user.name>1"),
    ({"payload": PAYLOAD}, "payload.items.0.sku:A-1", "payload.items.2:*"),
    ({"payload": PAYLOAD}, "payload.items.1:7", "payload.items.sku:A-1"),
    ({"payload": PAYLOAD}, "payload.ok:true", "payload.ok:True"),
    ({"payload": PAYLOAD}, "payload.none:null", "payload.none:none"),
    ({"payload": PAYLOAD}, "payload.x:1.5", "payload.x:1"),
    ({"payload": PAYLOAD}, "payload.user~zo", "payload.absent:*"),
    ({"payload": "not json"}, "payload~json", "payload.a:*"),
    ({"payload": "[" * 100_000}, "payload~[[", "payload.0:*"),
    ({"created_at": NOW - timedelta(hours=2)}, "age>1h", "age<2h"),
    ({"created_at": NOW - timedelta(hours=2)}, "age<=2h", "age>2h"),
    ({}, "-age>1h", "age<1h"),
    ({"created_at": NOW}, "created>=2026-01-31T12:00:00Z", "created>2026-01-31T12:00:00Z"),
    ({"completed_at": NOW}, "completed<2026-02-01", "completed<2026-01-31"),
    ({"scheduled_at": NOW - timedelta(minutes=5)}, "waiting>4m", "waiting>6m"),
    ({"scheduled_at": NOW, "state": State.SCHEDULED}, "-waiting<1h", "waiting<1h"),
    ({"state": State.PROCESSING, "claimed_at": NOW - timedelta(minutes=9)}, "running>8m", "running>10m"),
    (
        {"state": State.PROCESSING, "claimed_at": NOW - timedelta(minutes=9), "started_at": NOW},
        "running<1m",
        "running>8m",
    ),
    ({"state": State.COMPLETED, "started_at": NOW}, "-running<1h", "running<1h"),
    ({"cancel_requested_at": NOW}, "is:cancelling", "-is:cancelling"),
    ({}, "MAI", "mali"),
    ({"payload": PAYLOAD}, "a-1", "a-2"),
    ({"error": make_error()}, "shop", "traceback"),
    ({"worker": "web-1"}, "web-1 send", "web-1 -send"),
    ({}, '"Send"', '"Send "'),
]


@pytest.mark.parametrize(("changes", "yes", "no"), YES_AND_NO)
def test_a_filter_tells_jobs_apart(changes: dict[str, Any], yes: str, no: str) -> None:
    """Each kind of condition holds for the job that it says, and not for another."""
    job = make_job(**changes)
    assert found(yes, job)
    assert not found(no, job)


@pytest.mark.parametrize("state", State)
def test_flags_are_groups_of_states(state: State) -> None:
    """Live, final and waiting are the groups of the lifecycle; a flag list is any of them."""
    job = make_job(state=state)
    assert found("is:live", job) == (state in LIVE)
    assert found("is:final", job) == (state in FINAL)
    assert found("is:waiting", job) == (state in WAITING)
    assert found("is:final,live", job)


def test_stuck_is_asked_of_the_judge() -> None:
    """Whether a job is stuck is not known here: the judge that was given is asked."""
    assert found("is:stuck", make_job(), stuck=True)
    assert not found("is:stuck", make_job(), stuck=False)
    assert found("-is:stuck", make_job(), stuck=False)


def test_all_conditions_must_hold() -> None:
    """Conditions are joined by and; values of one condition by or."""
    job = make_job(attempts=2)
    assert found("queue:mail,import attempts>1 type:Send", job)
    assert not found("queue:mail,import attempts>2 type:Send", job)
    assert found("", job)


def test_an_id_is_matched_whole() -> None:
    """An id is matched as other names are; its end needs a wildcard."""
    job = make_job(ref=JobRef("shop", "0190-aa", "1"))
    assert found("id:0190-aa", job)
    assert not found("id:aa", job)
