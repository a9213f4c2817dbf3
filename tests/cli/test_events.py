"""What the command line tells of what happened."""

from __future__ import annotations

import json
from uuid import uuid4

from queuetui.cli import exit_codes
from queuetui.model.job import Ending
from tests.cli.conftest import EVERY_STORE
from tests.cli.following import following
from tests.cli.scenes import Scene


@EVERY_STORE
def test_events_are_told_in_order(scene: Scene) -> None:
    """The newest event is the last line, and each has its time, kind, queue, job, worker and data."""
    scene.ended("a", Ending.COMPLETED)
    told = scene.run("events", "--job", scene.ids["a"], "--json").data
    assert [one["event"] for one in told] == ["JobCreated", "JobScheduled", "JobStarted", "JobCompleted"]
    assert {(one["queue"], one["job"], one["correlation_id"]) for one in told} == {
        ("lane-a", scene.ids["a"], "cause-1")
    }
    assert told[-1]["worker"] == "worker-1"
    assert told[-1]["data"].keys() == {"attempt", "fence", "started_at"}


def test_events_are_narrowed_by_options(busy: Scene) -> None:
    """Job, queue, correlation id, kind and age narrow what is shown, alone and together."""
    kinds = [one["event"] for one in busy.run("events", "-e", "jobfailed", "-e", "JobRetried", "--json").data]
    assert sorted(kinds) == ["JobFailed", "JobRetried"]
    of_queue = busy.run("events", "--queue", "reports", "--since", "1h", "--json").data
    assert [one["event"] for one in of_queue] == ["JobCreated", "JobCancelled"]
    assert busy.run("events", "--queue", "reports", "--limit", "1", "--json").data == of_queue[-1:]
    of_all = busy.run("events", "--correlation", "cause-1", "--limit", "1000", "--json").data
    assert busy.run("trace", "cause-1", "--json").data == of_all
    assert {one["job"] for one in of_all} >= set(busy.ids.values())


def test_every_format_tells_the_same(busy: Scene) -> None:
    """A table, CSV and lines of JSON have the same events."""
    whole = busy.run("events", "--json").data
    assert [json.loads(line) for line in busy.run("events", "--format", "ndjson").out.splitlines()] == whole
    assert [row["event"] for row in busy.run("events", "--format", "csv").rows] == [one["event"] for one in whole]
    header, *lines = busy.run("events").out.splitlines()
    assert header.split() == ["at", "event", "job", "queue", "worker", "data"]
    assert len(lines) == len(whole)


def test_an_answer_that_is_cut_says_so(busy: Scene) -> None:
    """When there are older events than those shown, a line on stderr says it; where none match too."""
    assert "older" in busy.run("events", "--limit", "2").err
    assert "no event matches" in busy.run("events", "--queue", "nowhere").err
    assert "is shown by: queuetui show ID" in busy.run("trace", "nowhere").err
    assert "no event of that time tells of a job" in busy.run("lives", "--since", "2999-01-01T00:00:00Z").err


def test_events_of_a_job_that_is_gone(scene: Scene) -> None:
    """A whole id is enough to be told of a job that was deleted."""
    job_id = scene.job("a")
    assert scene.run("delete", "--id", job_id, "--yes").code == exit_codes.OK
    told = scene.run("events", "--job", job_id, "--json").data
    assert [one["event"] for one in told] == ["JobCreated", "JobDeleted"]
    assert told[-1]["data"]["by"]
    assert scene.run("events", "--job", str(uuid4()), "--json").data == []
    scene.run("events", "--job", "nonsense").fails(exit_codes.NOT_FOUND, "nonsense")


def test_a_kind_that_is_none_is_refused(scene: Scene) -> None:
    """A mistyped kind is a usage error that lists the kinds."""
    scene.run("events", "--event", "JobBorn").fails(exit_codes.USAGE, "JobCreated")


def test_the_events_of_a_queue_are_switched(scene: Scene) -> None:
    """Off means that nothing more is told of the queue; the switch is an act, and says when it changes nothing."""
    assert scene.run("queues", "events", "mail").out == "mail on\n"
    done = scene.run("queues", "events", "mail", "off", "--reason", "too many")
    assert (done.code, done.out) == (exit_codes.OK, "")
    assert scene.run("queues", "events", "mail").out == "mail off\n"
    again = scene.run("queues", "events", "mail", "off")
    assert again.code == exit_codes.REFUSED
    assert "off already" in again.err
    scene.job("quiet")
    assert [one["event"] for one in scene.run("events", "--json").data] == ["QueueEventsOff"]
    assert "are off" in scene.run("events", "--queue", "mail", "-e", "JobCreated").err


@EVERY_STORE
def test_following_tells_what_comes(scene: Scene) -> None:
    """--follow writes what there is, then each new event once, as it happens, into a pipe too."""
    scene.job("first")
    with following(scene, "events", "--json") as lines:
        first = json.loads(lines.readline())
        scene.job("second")
        second = json.loads(lines.readline())
    assert [first["job"], second["job"]] == [scene.ids["first"], scene.ids["second"]]


def test_following_begins_with_the_newest(scene: Scene) -> None:
    """-n limits what --follow begins with, what is older is not taken for new, and the columns are named once."""
    for name in ("first", "second", "third"):
        scene.job(name)
    with following(scene, "events", "-n", "1", "--format", "csv") as lines:
        head, begin = lines.readline(), lines.readline()
        scene.job("fourth")
        new = lines.readline()
    assert head.startswith("at,")
    assert scene.ids["third"] in begin
    assert scene.ids["fourth"] in new
