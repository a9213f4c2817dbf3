"""The four formats of every listing."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import EVERY_STORE
from tests.cli.scenes import Scene

DOCUMENT_KEYS = [
    "id",
    "version",
    "backend",
    "type",
    "name",
    "queue",
    "state",
    "stuck",
    "verdict",
    "priority",
    "attempts",
    "max_attempts",
    "lost",
    "payload",
    "data",
    "result",
    "error",
    "worker",
    "correlation_id",
    "idempotency_key",
    "tags",
    "needs",
    "waits_for",
    "progress",
    "scheduled_at",
    "started_at",
    "completed_at",
    "created_at",
    "updated_at",
]


@EVERY_STORE
def test_jobs_in_json(busy: Scene) -> None:
    """A listing in JSON is one list of whole documents, newest first, with every promised key."""
    answer = busy.run("jobs", "--json")
    assert (answer.code, answer.err) == (0, "")
    rows = answer.data
    assert [list(row) for row in rows] == [DOCUMENT_KEYS] * len(busy.ids)
    assert [row["id"] for row in rows] == sorted(busy.ids.values(), reverse=True)
    states = {name: row["state"] for name in busy.ids for row in rows if row["id"] == busy.ids[name]}
    expected = {
        name: name for name in ("pending", "scheduled", "processing", "retrying", "completed", "failed", "cancelled")
    }
    assert states == {**expected, "urgent": "pending", "completed-too": "completed", "orphaned": "processing"}
    assert [row["id"] for row in rows if row["stuck"]] == [busy.ids["orphaned"]]


def test_jobs_page_by_page(busy: Scene) -> None:
    """The last job of an answer that was cut holds the cursor of the next page, words tell it too, until nothing is left."""
    whole = [row["id"] for row in busy.run("jobs", "--json").data]
    paged, after = list[str](), list[str]()
    while True:
        answer = busy.run("jobs", "-n", "4", "--json", *after).data
        paged += [row["id"] for row in answer]
        assert not any("cursor" in row for row in answer[:-1])
        if "cursor" not in answer[-1]:
            break
        after = ["--after", answer[-1]["cursor"]]
    assert paged == whole
    told = busy.run("jobs", "-n", "4", "--format", "ndjson")
    assert f"--after {busy.run('jobs', '-n', '4', '--json').data[-1]['cursor']}\n" in told.err
    busy.run("jobs", *after, "sort:queue").fails(2, "another filter or order")
    busy.run("jobs", "--after", "nonsense").fails(2, "cursor")


def test_jobs_line_by_line(busy: Scene) -> None:
    """NDJSON is the same documents, one a line; `--json` is short for `--format json`."""
    lines = busy.run("jobs", "--format", "ndjson").out.splitlines()
    listed = busy.run("jobs", "--format", "json").data
    assert [json.loads(line)["id"] for line in lines] == [row["id"] for row in listed]


def test_jobs_in_csv(busy: Scene) -> None:
    """CSV has a header of the document's keys; what is nested is JSON in its cell, what is unknown is empty."""
    rows = busy.run("jobs", "--format", "csv").rows
    assert list(rows[0]) == DOCUMENT_KEYS
    by_id = {row["id"]: row for row in rows}
    failed = by_id[busy.ids["failed"]]
    assert json.loads(failed["error"])["class"] == "TimeoutError"
    assert (failed["stuck"], failed["attempts"], failed["name"]) == ("false", "1", "")
    assert by_id[busy.ids["orphaned"]]["stuck"] == "true"


def test_jobs_as_a_table(busy: Scene) -> None:
    """A table has a header and one line a job, with an id that commands accept, and no colour."""
    lines = busy.run("jobs", "-n", "3").out.splitlines()
    assert lines[0].split() == ["id", "type", "queue", "state", "attempts", "created", "data", "why"]
    assert len(lines) == 4
    assert busy.run("show", lines[1].split()[0]).code == 0


@pytest.mark.parametrize("form", ["table", "json", "ndjson", "csv"])
@pytest.mark.parametrize(
    "command", [["jobs", "queue:nothing"], ["queues"], ["workers"], ["stats"], ["profiles"], ["discover"]]
)
def test_every_listing_takes_every_format(quick: Scene, command: list[str], form: str) -> None:
    """No listing fails on an empty store, and JSON stays JSON."""
    answer = quick.run(*command, "--format", form)
    assert answer.code == 0
    if form == "json":
        json.loads(answer.out)
    for line in answer.out.splitlines() if form == "ndjson" else ():
        json.loads(line)


def test_nothing_found_is_an_empty_list(quick: Scene) -> None:
    """An empty listing is `[]` in JSON, nothing in NDJSON, and its header in CSV."""
    assert quick.run("jobs", "--json").out == "[]\n"
    assert quick.run("jobs", "--format", "ndjson").out == ""
    assert quick.run("jobs", "--format", "csv").out.startswith("id,version,")


@EVERY_STORE
def test_queues_tell_what_waits_and_who_listens(busy: Scene) -> None:
    """A queue tells its counts, its oldest due job, how many live workers listen, whether it is paused and whether its events are on."""
    busy.run("pause", "reports")
    busy.run("queues", "events", "reports", "off")
    rows = {row["queue"]: row for row in busy.run("queues", "--json").data}
    assert (rows["mail"]["pending"], rows["mail"]["scheduled"], rows["mail"]["consumers"]) == (2, 1, 0)
    assert rows["mail"]["oldest_due_at"] is not None
    assert (rows["reports"]["paused"], rows["mail"]["paused"]) == (True, False)
    assert (rows["reports"]["events"], rows["mail"]["events"]) == (False, True)
    assert rows["lane-orphaned"]["stuck"] == 1


def test_workers_tell_how_long_they_are_silent(busy: Scene) -> None:
    """A worker tells where it runs, what it listens to, how busy it is and whether it lives."""
    (row,) = busy.run("workers", "--json").data
    assert (row["id"], row["host"], row["pid"], row["all_queues"], row["slots"]) == ("worker-1", "web-1", 4411, True, 2)
    assert (row["live"], row["orphaned"]) == (False, 1)
    assert row["silent_seconds"] >= 0
    assert "web-1" in busy.run("workers").out


def test_discover_names_our_own_queue(busy: Scene) -> None:
    """A store of ours is found as native, with what it was told by."""
    rows = busy.run("discover", busy.url, "--json").data
    assert [row["kind"] for row in rows] == ["native"]
    assert rows[0]["detail"]


def test_an_empty_table_says_so(quick: Scene) -> None:
    """Without a match the table is its heading, and a word on stderr says that nothing is missing; programs get none."""
    assert quick.run("jobs").err == "there are no jobs\n"
    assert quick.run("jobs", "state:failed").err == "no job matches\n"
    assert quick.run("jobs", "state:failed", "--json").err == ""
