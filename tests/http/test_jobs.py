"""Jobs over HTTP: stored, read, changed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from queuetui.model.inheritance import read_inheritance
from queuetui.model.job import Ending
from tests.http.stage import HttpStage

UNKNOWN = "00000000-0000-7000-8000-000000000000"


def entries(stage: HttpStage) -> list[dict[str, Any]]:
    """Return the record of acts."""
    return [json.loads(line) for line in (stage.folder / "acts.jsonl").read_text().splitlines()]


def test_a_job_is_stored_read_cancelled_and_retried(each_stage: HttpStage) -> None:
    """The life of one job on each store, as its client sees it."""
    stage = each_stage
    body = {"type": "mail", "payload": {"to": "ann"}, "priority": "high", "queue": "post", "max_attempts": 5}
    stored = stage.client.post("/api/jobs", json=body, headers={"x-request-id": "order-7"})
    assert (stored.status_code, stored.json()["created"], stored.json()["state"]) == (201, True, "pending")
    path = stored.headers["location"]
    seen = stage.data(path)
    told = {key: seen[key] for key in ("type", "payload", "priority", "queue", "max_attempts", "correlation_id")}
    assert told == {**body, "priority": 10, "correlation_id": "order-7"}
    assert [job["id"] for job in stage.data("/api/jobs")["jobs"]] == [seen["id"]]
    cancelled = stage.client.delete(path)
    assert (cancelled.status_code, cancelled.json()["outcome"], cancelled.json()["state_now"]) == (
        200,
        "done",
        "cancelled",
    )
    again = stage.client.delete(path)
    assert (again.status_code, again.json()["detail"]) == (409, "cancel was not done: the job is cancelled")
    assert stage.client.post(f"{path}/retry").json()["state_now"] == "pending"
    assert stage.data(path)["state"] == "pending"
    assert stage.data("/api/jobs/stats")["pending"] == 1


def test_what_is_due_later_and_what_is_there_already(stage: HttpStage) -> None:
    """A time makes a job scheduled; a key that is known answers with its job and 200."""
    body = {"type": "mail", "scheduled_at": "2999-01-01T00:00:00", "idempotency_key": "order-7"}
    first, second = stage.post("/api/jobs", body), stage.post("/api/jobs", body)
    assert (first.status_code, first.json()["state"]) == (201, "scheduled")
    told = first.json()
    assert told.pop("scheduled_at") == "2999-01-01T00:00:00.000000Z"
    assert (second.status_code, second.json()) == (200, {**told, "created": False})


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"payload": 1}, 422, "missing required field `type`"),
        ({"type": "a", "colour": 1}, 422, "unknown field `colour`"),
        ({"type": "a", "max_attempts": 0}, 422, "max_attempts"),
        ({"type": "a", "priority": "urgent"}, 422, "'urgent' is no priority"),
        ({"type": "a", "scheduled_at": "9999-12-31T23:00:00-05:00"}, 422, "years 1 to 9999"),
        ({"type": "a", "queue": "a,b"}, 422, "a comma parts names"),
        ({"type": "  "}, 422, "a job needs a type"),
    ],
)
def test_a_job_that_cannot_be_stored_is_refused(stage: HttpStage, body: Any, status: int, words: str) -> None:
    """The answer is a problem that names what is wrong, and nothing is stored."""
    answer = stage.post("/api/jobs", body)
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, answer.json()["status"]) == (status, status)
    assert words in answer.json()["detail"]
    assert stage.data("/api/jobs")["jobs"] == []


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff", b'{"type": "a\\ud800"}', b'{"type": "a", "payload": ' + b"[" * 5_000 + b"]" * 5_000 + b"}"],
)
def test_a_body_that_is_no_json_is_refused(stage: HttpStage, body: bytes) -> None:
    """Broken text, half characters and endless nesting are the caller's faults, not the server's."""
    answer = stage.client.post("/api/jobs", content=body, headers={"content-type": "application/json"})
    assert answer.status_code in {400, 422}, answer.text
    assert stage.data("/api/jobs")["jobs"] == []


def test_the_trace_of_a_request_goes_on_in_its_job(stage: HttpStage) -> None:
    """Its context is stored with the job, for the span of the run to be linked to; one that is none is let be."""
    parent = f"00-{'4b' * 16}-{'0f' * 8}-01"
    for given, kept in ((parent, {"traceparent": parent, "tracestate": "a=1"}), (f"00-{'0' * 32}-{'0f' * 8}-01", {})):
        headers = {"traceparent": given, "tracestate": "a=1"}
        stored = stage.client.post("/api/jobs", json={"type": "T"}, headers=headers).json()
        context = stage.served.systems[0].feed.open(stored["id"]).job.context
        assert read_inheritance(None if context is None else context.raw).trace == kept


def test_jobs_are_found_by_state_filter_and_order(stage: HttpStage) -> None:
    """The state and a filter narrow, the sort orders; a dead letter is a failed job."""
    for name, priority in (("a", 1), ("b", 3), ("c", 2)):
        stage.jobs.job(name, priority=priority)
    stage.jobs.ended("d", Ending.FAILED)
    ids = stage.jobs.ids

    def found(**query: Any) -> list[str]:
        return [job["id"] for job in stage.data("/api/jobs", **query)["jobs"]]

    assert found(status="pending", sort="-priority") == [ids["b"], ids["c"], ids["a"]]
    assert found(status="dead_letter") == found(q="state:failed") == [ids["d"]]
    assert set(found(status="pending,failed")) == set(ids.values())
    assert found(status="pending", q="priority>=3") == [ids["b"]]
    assert found(status="stuck") == []


def test_an_offset_and_a_cursor_come_to_every_job_once(stage: HttpStage) -> None:
    """Pages by offset are those by cursor; behind the last there is nothing."""
    ids = [stage.jobs.job(str(number)) for number in range(7)][::-1]
    first = stage.data("/api/jobs", limit=3)
    second = stage.data("/api/jobs", limit=3, cursor=first["cursor"])
    by_offset = [stage.data("/api/jobs", limit=3, offset=offset) for offset in (0, 3, 6, 7, 10_000)]
    pages = [[job["id"] for job in page["jobs"]] for page in (first, second, *by_offset)]
    assert pages == [ids[:3], ids[3:6], ids[:3], ids[3:6], ids[6:], [], []]
    assert (first["total"], first["total_exactness"]) == (7, "exact")


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"limit": "0"}, "the parameter limit: '0' is no whole number from 1 to 500"),
        ({"offset": "10001"}, "from 0 to 10000; go on with the cursor of an answer"),
        ({"offset": "1", "cursor": "x"}, "exclude each other"),
        ({"status": "gone"}, "'gone' is no state"),
        ({"status": "stuck,failed"}, "stuck stands alone"),
        ({"sort": "colour"}, "'colour' is nothing to sort by"),
        ({"page": "2"}, "there is no parameter of this name here"),
        ({"cursor": "nowhere"}, "cursor"),
    ],
)
def test_parameters_that_cannot_be_taken_are_named(stage: HttpStage, query: dict[str, str], words: str) -> None:
    """The problem says which parameter, and what it would take."""
    answer = stage.get("/api/jobs", **query)
    assert (answer.status_code, words in answer.json()["detail"]) == (400, True), answer.text


def test_a_bad_filter_says_where(stage: HttpStage) -> None:
    """The position counts in the filter that was sent, also where a state is asked for beside it."""
    assert stage.get("/api/jobs", q="queue:a colour:b", status="failed").json()["position"] == 8


def test_many_jobs_get_a_result_each(stage: HttpStage) -> None:
    """One act on ids answers for each, for those that cannot change and for those that nobody has."""
    waiting, done = stage.jobs.job("a"), stage.jobs.job("b")
    stage.client.delete(f"/api/jobs/{done}")
    body = {"action": "cancel", "job_ids": [waiting, done, UNKNOWN, waiting.upper()]}
    report = stage.post("/api/jobs/bulk", body).json()
    outcomes = {one["id"]: one["outcome"] for one in report["results"]}
    assert outcomes == {waiting: "done", done: "skipped", UNKNOWN: "not_found"}
    assert (report["done"], report["skipped"], report["not_found"]) == (1, 1, 1)


def test_many_jobs_by_a_filter_and_a_rehearsal(stage: HttpStage) -> None:
    """A filter names jobs as ids do; a dry run only tells."""
    ids = {stage.jobs.job(name, "mail") for name in "abc"}
    stage.jobs.job("other", "post")
    body = {"action": "delete", "filter": "queue:mail", "reason": "wrong address"}
    assert set(stage.post("/api/jobs/bulk", {**body, "dry_run": True}).json()["would"]) == ids
    assert len(stage.data("/api/jobs")["jobs"]) == 4
    report = stage.post("/api/jobs/bulk", body).json()
    assert (report["done"], {one["id"] for one in report["results"]}) == (3, ids)
    assert [job["queue"] for job in stage.data("/api/jobs")["jobs"]] == ["post"]
    intent = entries(stage)[0]
    assert (intent["verb"], intent["actor"], intent["reason"], len(intent["targets"])) == (
        "delete",
        "me@here",
        "wrong address",
        3,
    )


@pytest.mark.parametrize(
    "body",
    [
        {"action": "cancel"},
        {"action": "cancel", "job_ids": [UNKNOWN], "filter": "queue:a"},
        {"action": "cancel", "filter": " "},
        {"action": "cancel", "job_ids": []},
        {"action": "burn", "filter": "queue:a"},
        {"action": "cancel", "job_ids": [UNKNOWN] * 1001},
    ],
)
def test_a_bulk_act_says_which_jobs(stage: HttpStage, body: Any) -> None:
    """Neither none nor two ways of naming jobs mean every job."""
    stage.jobs.job("a")
    assert stage.post("/api/jobs/bulk", body).status_code == 422
    assert stage.data("/api/jobs/stats")["pending"] == 1


def test_a_cleanup_deletes_what_ended_long_ago(stage: HttpStage) -> None:
    """Days of none are all that completed or was cancelled; failed jobs stay."""
    stage.jobs.ended("done", Ending.COMPLETED)
    stage.jobs.ended("failed", Ending.FAILED)
    assert stage.post("/api/jobs/cleanup", {"days": 30}).json()["done"] == 0
    assert stage.post("/api/jobs/cleanup", {"days": 0}).json()["done"] == 1
    assert [job["state"] for job in stage.data("/api/jobs")["jobs"]] == ["failed"]
    assert stage.post("/api/jobs/cleanup", {"days": -1}).status_code == 422


@pytest.mark.parametrize(
    "path", ["/api/jobs/" + UNKNOWN, "/api/jobs/gone", "/api/jobs/a%2Fb", "/api/jobs/a%0Ab", "/no%0Awhere", "/nowhere"]
)
def test_what_is_not_there_is_a_problem(stage: HttpStage, path: str) -> None:
    """Whatever the id holds, the answer says that there is none, under the id of the request."""
    answer = stage.client.get(path, headers={"x-request-id": "mine"})
    assert (answer.status_code, answer.json()["request_id"], answer.headers["x-request-id"]) == (404, "mine", "mine")
