"""Queues, workers, events, health and metrics over HTTP."""

from __future__ import annotations

import re
from collections import Counter
from contextlib import closing
from pathlib import Path
from sqlite3 import connect

import pytest

from queuetui.config.profile import Profile
from queuetui.model.job import Ending
from queuetui.model.limits import Limits
from queuetui.model.run_notes import RunNotes, tag_counter
from tests.backends.captures import load_capture
from tests.http.stage import HttpStage, serving, serving_native
from tests.servers.fixtures import PostgresFactory
from tests.waiting import wait_until


def test_queues_workers_and_events_are_told(each_stage: HttpStage) -> None:
    """On each store: what waits where, who works, and what happened, the newest first."""
    stage = each_stage
    stage.jobs.register("mail")
    job_id = stage.jobs.job("a")
    stage.jobs.ended("b", Ending.COMPLETED)
    queues = {one["queue"]: one for one in stage.data("/api/queues")["queues"]}
    assert (queues["mail"]["pending"], queues["mail"]["consumers"]) == (1, 1)
    (worker,) = stage.data("/api/workers")["workers"]
    assert (worker["id"], worker["live"], worker["queues"]) == ("worker-1", True, ["mail"])
    (created,) = stage.data("/api/events", job=job_id)["events"]
    assert (created["event"], created["queue"], created["backend"]) == ("JobCreated", "mail", "shop")


def test_events_are_paged_and_narrowed(stage: HttpStage) -> None:
    """By job, queue, kind, cause and time; the cursor comes to every one once."""
    for name in "abc":
        stage.jobs.job(name, correlation_id=f"cause-{name}")
    first = stage.data("/api/events", kinds="JobCreated", limit=2)
    second = stage.data("/api/events", kinds="jobcreated", limit=2, before=first["cursor"])
    jobs = [event["job"] for event in first["events"] + second["events"]]
    assert jobs == [stage.jobs.ids[name] for name in "cba"]
    assert second["cursor"] is None
    assert len(stage.data("/api/events", correlation_id="cause-a")["events"]) == 1
    assert stage.data("/api/events", since="2999-01-01T00:00:00")["events"] == []
    assert stage.data("/api/events", queue="other")["events"] == []
    assert "there are" in stage.get("/api/events", kinds="JobBurnt").json()["detail"]
    assert "is no time" in stage.get("/api/events", since="yesterday").json()["detail"]


def test_what_has_been_is_told(each_stage: HttpStage) -> None:
    """On each store: failures by error, one group and its retry, the log as a whole, a trace, and workers that are gone."""
    stage = each_stage
    stage.jobs.register("mail")
    stage.jobs.ended("a", Ending.FAILED)
    stage.jobs.job("b", correlation_id="cause-b")
    (group,) = stage.data("/api/failures")["failures"]
    assert (group["jobs"], group["sample_id"]) == (1, stage.jobs.ids["a"])
    whole = stage.data(f"/api/failures/{group['fingerprint'][:12]}")
    assert (whole["sample"]["id"], whole["fingerprint"]) == (stage.jobs.ids["a"], group["fingerprint"])
    assert stage.get("/api/failures/ffffffffffffffff").status_code == 404
    path = f"/api/failures/{group['fingerprint']}/retry"
    assert stage.post(path, {"dry_run": True}).json()["would"] == [stage.jobs.ids["a"]]
    assert [one["id"] for one in stage.post(path, {}).json()["results"]] == [stage.jobs.ids["a"]]
    assert [one["event"] for one in stage.data("/api/trace/cause-b")["events"]] == ["JobCreated"]
    assert stage.data("/api/events/counts")["counts"]["JobCreated"] == 2
    assert {one["job"] for one in stage.data("/api/lives")["lives"]} == set(stage.jobs.ids.values())
    assert set(stage.data("/api/gaps")) == {"gaps", "counts", "events", "jobs", "notes"}
    assert stage.data("/api/workers/history")["workers"] == []
    assert [one["id"] for one in stage.data("/api/workers", free="true")["workers"]] == ["worker-1"]


def test_a_fingerprint_of_several_groups_is_refused_until_the_type_is_told(stage: HttpStage) -> None:
    """Jobs of two types with one error are two groups: neither is retried by chance, and what failed before `since` is left out."""
    for name, kind in (("a", "SendMail"), ("b", "Bill")):
        stage.jobs.ended(name, Ending.FAILED, type=kind)
    fingerprint = stage.data("/api/failures")["failures"][0]["fingerprint"]
    for asked in (fingerprint, fingerprint[:4]):
        refused = stage.post(f"/api/failures/{asked}/retry", {})
        assert (refused.status_code, "type=TYPE" in refused.json()["detail"]) == (409, True)
    since = "2000-01-01T00:00:00"
    answer = stage.post(f"/api/failures/{fingerprint[:4]}/retry", {"dry_run": True}, type="Bill", since=since)
    assert answer.json()["would"] == [stage.jobs.ids["b"]]
    assert (
        f"completed>={since}.000000Z" in stage.data(f"/api/failures/{fingerprint}", type="Bill", since=since)["filter"]
    )


def test_what_stands_beside_jobs_is_told(stage: HttpStage) -> None:
    """Schedules are listed; what this store does not have is told as such."""
    assert stage.data("/api/schedules")["schedules"] == []
    assert "SQLite" in stage.data("/api/database")["product"]
    doctor = stage.data("/api/doctor")
    assert {"reachable", "schema", "rights", "durability", "stuck"} <= {one["check"] for one in doctor["checks"]}
    assert doctor["level"] in {"ok", "warning", "critical"}
    for path, words in (("chores", "has no chores"), ("worker-tokens", "keeps no tokens")):
        answer = stage.get(f"/api/{path}")
        assert answer.status_code == 409
        assert words in answer.json()["detail"]


def test_health_is_told_with_its_figures(stage: HttpStage) -> None:
    """A warning makes it degraded, which is no error; both addresses tell the same figures."""
    assert stage.get("/api/health/queues").json()["status"] == "healthy"
    stage.jobs.job("a", "mail")
    stage.jobs.ended("b", Ending.FAILED)
    health = stage.data("/api/health/queues")
    assert (health["status"], [one["code"] for one in health["findings"]]) == ("degraded", ["error_rate_over"])
    assert health["queues"]["mail"]["depth"] == 1
    assert health["processingStats"]["errorRate"] == 1.0
    metrics = stage.data("/api/health/queues/metrics")
    assert (metrics["queues"]["mail"]["pending"], metrics["queues"]["mail"]["depth"]) == (1, 1)
    assert metrics["processingStats"] == health["processingStats"]


def test_a_critical_finding_is_503(migrated_sqlite_url: str, tmp_path: Path) -> None:
    """What waits for too long with nobody to work it is told with the whole judgement."""
    hasty = Profile("shop", migrated_sqlite_url, limits=Limits(stuck_after_s=0.001))
    with serving_native(migrated_sqlite_url, tmp_path) as writer, serving([hasty], tmp_path) as stage:
        writer.jobs.job("a")
        answer = wait_until(lambda: (asked := stage.get("/api/health/queues")).status_code == 503 and asked)
        assert answer
        assert answer.json()["status"] == "unhealthy"
        assert {one["name"] for one in answer.json()["findings"] if one["severity"] == "critical"} == {"mail"}


def test_one_job_is_told_with_all_that_explains_it(stage: HttpStage) -> None:
    """Job, verdict, events, and how its queue runs, in one answer."""
    job_id = stage.jobs.job("a")
    told = stage.data(f"/api/health/queues/job/{job_id}/debug")
    assert told["job"]["id"] == job_id
    assert told["verdict"] == told["job"]["verdict"]
    assert [event["event"] for event in told["events"]] == ["JobCreated"]
    assert (told["queue"]["name"], told["queue"]["health"]["depth"], told["logs"]) == ("mail", 1, [])
    assert stage.get("/api/health/queues/job/gone/debug").status_code == 404


def test_metrics_are_text_for_prometheus(stage: HttpStage) -> None:
    """What stands in the store, by queue, and whether it answered; that sums cannot be read hides nothing else."""
    stage.jobs.job("a")
    stage.jobs.ended("b", Ending.COMPLETED)
    lines = stage.get("/metrics").text.splitlines()
    with closing(connect(stage.jobs.url.removeprefix("sqlite:///"))) as file:
        file.execute("drop table queuetui_usage")
    without_sums = stage.get("/metrics").text.splitlines()
    for told in (lines, without_sums):
        assert 'queue_depth{backend="shop",queue="mail"} 1.0' in told
        assert 'store_up{backend="shop"} 1.0' in told
    jobs = [any(line.startswith("jobs_total{") for line in told) for told in (lines, without_sums)]
    assert jobs == [True, False]


def test_what_ended_is_counted_from_the_first_scrape_on(each_stage: HttpStage) -> None:
    """On each store: runs by type, queue and how they ended, their lengths, and what handlers counted; no sum ever falls."""
    stage = each_stage
    stage.get("/metrics")
    lease_id, fence = stage.jobs.claimed("a")
    notes = RunNotes(
        stage.jobs.ids["a"],
        fence,
        "SendMail",
        usage={"credits used": 1, "credits_used_total": 2, ".total": 4, tag_counter("provider", "a:b", "failed"): 1},
    )
    stage.jobs.backend.notes.write_notes(lease_id, [notes])
    for name, how in (("b", Ending.COMPLETED), ("c", Ending.FAILED), ("d", Ending.RETRY)):
        stage.jobs.ended(name, how)
    for _ in range(2):
        told = stage.get("/metrics").text
        sums = Counter[str]()
        for name, status, value in re.findall(r'^(\w+)\{[^}]*?(?:status="(\w+)"[^}]*)?\} (\S+)$', told, re.MULTILINE):
            sums[f"{name} {status}".rstrip()] += int(float(value))
        ended = [sums[f"jobs_total {how}"] for how in ("completed", "failed", "retry", "lost")]
        assert ended == [1, 1, 1, 0]
        assert (sums["job_errors_total"], sums["job_duration_seconds_count"], sums["credits_used_total"]) == (2, 3, 3)
        assert told.count("\ncredits_used_total{") == 1
        by_tag = 'jobs_by_tag_total{backend="shop",queue="lane-a",status="failed",tag="provider",type="SendMail",value="a:b"} 1.0'
        assert by_tag in told
        assert "tag_failed" not in told
        assert '__total{backend="shop",queue="lane-a",type="SendMail"} 4.0' in told


def test_another_products_queue_is_served(sqlite_url: str, tmp_path: Path) -> None:
    """Its jobs are listed and changed within the profile's rights; nothing is enqueued into it."""
    url = load_capture("laravel", "laravel-db", "sqlite", sqlite_url).url
    with serving([Profile("legacy", url, rights="operate", kind="laravel")], tmp_path) as stage:
        jobs = stage.data("/api/jobs", status="failed")["jobs"]
        assert jobs
        assert stage.data("/api/jobs/stats")["failed"] == len(jobs)
        assert stage.client.post(f"/api/jobs/{jobs[0]['id']}/retry").json()["outcome"] == "done"
        body = {"action": "delete", "job_ids": [jobs[1]["id"]]}
        assert 'rights = "admin"' in stage.post("/api/jobs/bulk", body).json()["detail"]
        for answer, words in (
            (stage.post("/api/jobs", {"type": "a"}), "queuetui's own queue, and legacy is"),
            (stage.get("/api/workers"), "stores nothing about its workers"),
            (stage.get("/api/events"), "keeps no record of what happened"),
        ):
            assert (answer.status_code, words in answer.json()["detail"]) == (409, True), answer.text
        assert stage.get("/api/health/queues").status_code in {200, 503}


def test_several_systems_are_told_apart(sqlite_url: str, tmp_path: Path) -> None:
    """Which one is meant is said by `backend`; without it the answer names them."""
    url = load_capture("laravel", "laravel-db", "sqlite", sqlite_url).url
    profiles = [Profile("one", url, kind="laravel"), Profile("two", url, kind="laravel")]
    with serving(profiles, tmp_path) as stage:
        assert stage.get("/api/jobs").json()["detail"].endswith("backend=NAME: one, two")
        assert stage.data("/api/jobs", backend="two")["jobs"][0]["backend"] == "two"
        assert stage.get("/api/jobs", backend="three").status_code == 404
        assert stage.data("/readyz")["systems"].keys() == {"one", "two"}


@pytest.mark.timed
def test_a_store_that_is_gone_makes_the_server_not_ready(tmp_path: Path, private_postgres: PostgresFactory) -> None:
    """Every answer says 503 and the server lives on; when the store is back, it is ready again."""
    database = private_postgres()
    with serving_native(database.create_database(), tmp_path) as stage:
        stage.jobs.job("a")
        database.stop()
        assert [stage.get(path).status_code for path in ("/readyz", "/api/jobs", "/api/health/queues")] == [503] * 3
        assert stage.get("/api/jobs").json()["type"] == "urn:queuetui:problem:unreachable"
        assert 'store_up{backend="shop"} 0.0' in stage.get("/metrics").text
        assert stage.get("/healthz").status_code == 200
        database.start()
        wait_until(lambda: stage.get("/readyz").status_code == stage.get("/api/jobs").status_code == 200)
        assert len(stage.data("/api/jobs")["jobs"]) == 1
