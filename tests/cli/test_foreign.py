"""The same commands on somebody else's queue: Laravel's, from a real capture."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.backends.captures import Capture, load_capture, query, run_script, sqlite_path
from tests.cli.conftest import Invoke
from tests.cli.test_formats import DOCUMENT_KEYS


@pytest.fixture
def capture(sqlite_url: str) -> Iterator[Capture]:
    """The Laravel capture in an SQLite file."""
    loaded = load_capture("laravel", "laravel-db", "sqlite", sqlite_url)
    yield loaded
    loaded.close()


def test_discover_names_the_system(capture: Capture, invoke: Invoke) -> None:
    """A Laravel database is found as what it is, with the tables it was told by."""
    (found,) = invoke("discover", capture.url, "--json").data
    assert found["kind"] == "laravel"
    assert found["jobs"] == len(capture.stored)
    assert "failed_jobs" in found["detail"]


def test_what_a_system_does_not_keep_is_null(capture: Capture, invoke: Invoke) -> None:
    """Completed jobs, averages and listeners that Laravel does not store are null, never zero."""
    figures = invoke("stats", "--url", capture.url, "--json").data
    assert (figures["completed"], figures["cancelled"], figures["average_seconds"]) == (None, None, None)
    assert figures["total"] == len(capture.stored)
    assert figures["stuck"] >= 1
    queue = figures["queues"]["default"]
    assert (queue["completed"], queue["consumers"]) == (None, None)


def test_looking_leaves_every_byte_as_it_was(capture: Capture, invoke: Invoke) -> None:
    """No command that looks, and no right to act either, changes the file's bytes or leaves a file beside it."""
    file = Path(sqlite_path(capture.url))
    before, beside = file.read_bytes(), sorted(file.parent.iterdir())
    invoke("discover", capture.url)
    for line in (["stats", "--exact"], ["queues"], ["jobs", "welcome"], ["doctor"], ["show", "job-1"], ["workers"]):
        invoke(*line, "--url", capture.url, "--operate")
    assert file.read_bytes() == before
    assert sorted(file.parent.iterdir()) == beside


def test_a_foreign_store_is_looked_over(capture: Capture, invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    """What serves it, its clock and what may be done are told; our own schema, grade and workers are not asked for."""
    monkeypatch.setattr("queuetui.monitor.checks.fleet.SLOW_S", 60.0)
    monkeypatch.setattr("queuetui.monitor.checks.tables.LITTLE_ROOM", 0.0)
    answer = invoke("doctor", "--url", capture.url, "--json")
    told = {one["check"]: one for one in answer.data}
    assert list(told) == [
        *("reachable", "server", "rights", "foreign_keys", "vacuum", "disk", "clock", "stuck", "capabilities")
    ]
    assert told["stuck"]["level"] == "warning"
    assert (answer.code, told["server"]["evidence"]["product"]) == (1, "SQLite")
    assert "retry" in told["capabilities"]["evidence"]["verbs"]


def test_a_foreign_job_has_the_same_document(capture: Capture, invoke: Invoke) -> None:
    """A Laravel job is listed and shown with the same keys as one of ours."""
    listed = invoke("jobs", "--url", capture.url, "--json", "-n", "100").data
    assert len(listed) == len(capture.stored)
    assert all(list(row) == DOCUMENT_KEYS for row in listed)
    shown = invoke("show", listed[0]["id"][-10:], "--url", capture.url, "--json").data
    assert shown["id"] == listed[0]["id"]


def test_a_short_id_of_a_row_is_taken_whole(capture: Capture, invoke: Invoke) -> None:
    """Where a row stands is an id too, however short, as lists print it for jobs without a uuid."""
    row = query(capture.url, "SELECT MIN(id) FROM jobs")[0][0]
    old = '{"displayName":"Old","job":"Old@run","data":{"no":5}}'
    query(capture.url, f"UPDATE jobs SET payload = '{old}' WHERE id = {row}")
    shown = invoke("show", f"job-{row}", "--url", capture.url, "--json")
    assert (shown.data["id"], shown.data["data"]) == (f"job-{row}", "no 5")


def test_a_foreign_queue_is_read_only_until_told(capture: Capture, invoke: Invoke) -> None:
    """Without --operate a foreign queue refuses every act with 1; with it, failed jobs go back to work."""
    refused = invoke("retry", "state:failed", "--yes", "--url", capture.url)
    refused.fails(1, "read-only; start with --operate")
    answer = invoke("retry", "state:failed", "--yes", "--operate", "--url", capture.url, "--json")
    assert (answer.code, answer.data["failed"]) == (0, 0)
    assert invoke("stats", "--url", capture.url, "--json").data["failed"] == 0


def test_what_a_system_cannot_do_is_told(capture: Capture, invoke: Invoke) -> None:
    """A verb that Laravel lacks is refused with the reason, and its workers are nowhere to be listed."""
    invoke("pause", "default", "--operate", "--url", capture.url).fails(1, "Laravel")
    invoke("workers", "--url", capture.url).fails(2, "stores nothing about its workers")
    invoke("worker", "--kind", "laravel", "--url", capture.url).fails(2, "of kind laravel")
    invoke("enqueue", "Send", "--kind", "laravel", "--url", capture.url).fails(2, "of kind laravel")
    for command in (("worker",), ("enqueue", "Send")):
        refused = invoke(*command, "--mapping", "jobs.toml", "--url", capture.url)
        refused.fails(2, "--mapping names the table of another program; leave it out")


def test_a_job_whose_making_is_not_kept_shows_its_end(capture: Capture, invoke: Invoke) -> None:
    """Laravel keeps no time of creation of a failed job; the table then says when it ended."""
    lines = invoke("jobs", "state:failed", "--url", capture.url).out.splitlines()
    assert len(lines) == 4
    assert all(re.search(r" ended \d{4}-\d\d-\d\d \d\d:\d\d:\d\d  ", line) for line in lines[1:])


def test_a_dry_run_says_what_the_act_means_here(capture: Capture, invoke: Invoke) -> None:
    """What Laravel lacks is refused with the reason; rehearsing an act tells what it means in Laravel."""
    invoke("pause", "default", "--operate", "--url", capture.url).fails(1, "Laravel 8 to 11 cannot pause")
    assert "cancel = remove" in invoke("cancel", "state:pending", "--dry-run", "--url", capture.url).err
    assert invoke("retry", "state:failed", "--dry-run", "--url", capture.url).code == 0


def test_two_queues_in_one_database_stand_side_by_side(capture: Capture, invoke: Invoke) -> None:
    """Where Laravel's queue and ours share a file, both are told of by their names, and a kind narrows it to one."""
    assert invoke("enqueue", "Send", "--url", capture.url).code == 0
    both = invoke("stats", "--url", capture.url, "--json").data
    assert [(one["backend"], one["total"]) for one in both] == [("url/native", 1), ("url/laravel", len(capture.stored))]
    shown = {
        kind: invoke("stats", "--url", capture.url, "--kind", kind, "--json").data for kind in ("native", "laravel")
    }
    assert (shown["native"]["total"], shown["laravel"]["total"]) == (1, len(capture.stored))


def test_new_tables_in_a_database_are_told(capture: Capture, invoke: Invoke) -> None:
    """The first job put into somebody else's database says that it made tables there; the second says nothing."""
    first = invoke("enqueue", "Send", "--url", capture.url)
    assert "made a queue of queuetui's own in sqlite:///" in first.err
    assert "beside laravel" in first.err
    assert invoke("enqueue", "Send", "--url", capture.url).err == ""


def test_a_worker_logs_the_queue_that_it_made(capture: Capture, spawn: Invoke) -> None:
    """A worker started on somebody else's database says in its log that it made a queue of its own beside the other."""
    events = [json.loads(line) for line in spawn("worker", "--burst", "--url", capture.url).err.splitlines()]
    (made,) = [event for event in events if event["event"] == "queue_made"]
    assert made["message"].endswith("beside laravel")
    assert "queue_made" not in spawn("worker", "--burst", "--url", capture.url).err


def test_a_stuck_foreign_job_comes_with_its_warning(capture: Capture, invoke: Invoke) -> None:
    """Before a stuck Laravel job is released, the warning of its system is said."""
    answer = invoke("release", "is:stuck", "--dry-run", "--operate", "--url", capture.url)
    assert answer.code == 0
    assert "release 1 job in default" in answer.err
    told = invoke("release", "is:stuck", "--yes", "--operate", "--url", capture.url)
    assert "beware: " in told.err


def test_a_bulk_retry_leaves_out_what_is_past_its_deadline(capture: Capture, invoke: Invoke) -> None:
    """A retry of several leaves out jobs past their retryUntil and says how to let them run; asked to, it takes them."""
    late = '{"uuid":"","displayName":"Late","job":"Late","maxTries":3,"retryUntil":1000,"data":{}}'
    query(capture.url, f"UPDATE failed_jobs SET payload = '{late}'")
    refused = invoke("retry", "state:failed", "--yes", "--operate", "--url", capture.url)
    assert (refused.code, "--retry-until 1h" in refused.err) == (1, True)
    one = query(capture.url, "SELECT uuid FROM failed_jobs LIMIT 1")[0][0]
    assert "beware: its retryUntil is past" in invoke("retry", "--id", one, "--dry-run", "--url", capture.url).err
    assert (
        invoke("why", one, "--url", capture.url).out.count(
            f"retry --id {one} --retry-until none --url {capture.url} --operate"
        )
        == 1
    )
    taken = invoke("retry", "state:failed", "--retry-until", "none", "--yes", "--operate", "--url", capture.url)
    assert taken.code == 0
    moved = query(capture.url, 'SELECT payload FROM jobs WHERE payload LIKE \'{"uuid":"",%\'')
    assert {payload for (payload,) in moved} == {late.replace("1000", "null")}


def test_a_slow_filter_is_bounded_and_says_so(
    capture: Capture, invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A filter that no index answers is given so many looks; then what was looked through is told, and the flag that goes on."""
    monkeypatch.setattr("queuetui.backends.tables.streams.DIRECT_S", 0.0)
    monkeypatch.setattr("queuetui.backends.tables.streams.WINDOWS_S", 0.0)
    monkeypatch.setattr("queuetui.backends.tables.streams.WINDOW_ROWS", 1)
    monkeypatch.setattr("queuetui.backends.search.MOST_LOOKS", 2)
    cut = invoke("jobs", "queue:nosuch", "--url", capture.url)
    assert "looked through and there are more; --all" in cut.err
    assert "--all" not in invoke("jobs", "queue:nosuch", "--all", "--url", capture.url).err
    planned = invoke("delete", "queue:nosuch", "--dry-run", "--json", "--url", capture.url)
    assert "jobs were looked through, more may match: to look through every one write --all" in planned.err
    assert json.loads(planned.out)["looked_through"] > 0
    planned = invoke("delete", "queue:nosuch", "--dry-run", "--json", "--all", "--url", capture.url)
    assert (json.loads(planned.out)["looked_through"], "--all" in planned.err) == (None, False)


def test_an_id_far_back_is_looked_for_as_far_as_is_asked_for(
    capture: Capture, invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Showing, explaining and acting end their search by saying how far it came and what to write; with that they find the job."""
    monkeypatch.setattr("queuetui.backends.tables.streams.DIRECT_S", 0.0)
    monkeypatch.setattr("queuetui.backends.tables.streams.WINDOWS_S", 0.0)
    monkeypatch.setattr("queuetui.backends.tables.streams.WINDOW_ROWS", 1)
    monkeypatch.setattr("queuetui.cli.session.LOOKS_FOR_ID", 1)
    payload = query(capture.url, "SELECT payload FROM jobs WHERE payload LIKE '{%uuid%' ORDER BY id LIMIT 1")[0][0]
    job_id = json.loads(payload)["uuid"]
    for command in (("show",), ("why",), ("retry", "--dry-run", "--id"), ("delete", "--dry-run", "--id")):
        for written in (job_id, job_id[-8:]):
            cut = invoke(*command, written, "--url", capture.url)
            assert (cut.code, "looked through" in cut.err, "write --all" in cut.err) == (4, True, True), command
            assert invoke(*command, written, "--all", "--url", capture.url).code == 0, command


def test_a_table_of_ones_own_is_drafted_shown_and_acted_on(sqlite_url: str, invoke: Invoke, tmp_path: Path) -> None:
    """A whole id is found however short it is, a verb acts once, and one that the mapping lacks is refused with that."""
    run_script(
        sqlite_url,
        "CREATE TABLE t (id TEXT PRIMARY KEY, kind TEXT, status TEXT);\nINSERT INTO t VALUES ('ab', 'x', 'failed'), ('c2', 'x', 'new');\n",
    )
    mapping = tmp_path / "t.toml"
    mapping.write_text(invoke("map", sqlite_url, "t").out, encoding="utf-8")
    at = ("--url", sqlite_url, "--mapping", str(mapping), "--operate")
    assert invoke("show", "ab", *at, "--json").data["state"] == "failed"
    invoke("delete", "c2", "--admin", "--yes", *at).fails(2, "write --id c2")
    assert "1 retried" in invoke("retry", "--id", "ab", "--yes", *at).err
    assert "is pending" in invoke("retry", "--id", "ab", "--yes", *at).err
    assert "cannot be done here" in invoke("release", "--id", "ab", "--yes", *at).err
