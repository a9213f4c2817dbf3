"""Recurring jobs from the command line: added, listed, paused, run at once and removed, each act recorded."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime

import pytest

from queuetui.model.act import Act, Verb
from queuetui.model.errors import BadPayload
from queuetui.model.schedule import JobPattern, ScheduleEdit, ScheduleSpec, Timing
from queuetui.operate import rights
from tests.cli.conftest import EVERY_STORE
from tests.cli.scenes import Scene
from tests.cli.test_acts import journal
from tests.zoo import SMALL_ZOO, assert_inert

NIGHTLY = ("schedules", "add", "nightly", "Report", "--cron", "30 2 * * 1-5", "--tz", "Europe/Berlin")


@EVERY_STORE
def test_a_schedule_is_added_and_listed(busy: Scene) -> None:
    """All that was asked for is in JSON, with the next slot and a verdict; nothing is printed by the act itself."""
    began = datetime.now(UTC)
    answer = busy.run(
        *NIGHTLY, "-p", '{"to": "é"}', "-q", "mail", "--no-overlap", "--missed", "skip", "--priority", "high"
    )
    assert (answer.code, answer.out) == (0, "")
    assert "1 scheduled, 0 skipped, 0 failed" in answer.err
    (row,) = busy.run("schedules", "--json").data
    assert (row["name"], row["cron"], row["tz"], row["every_seconds"]) == (
        "nightly",
        "30 2 * * 1-5",
        "Europe/Berlin",
        None,
    )
    assert (row["type"], row["queue"], json.loads(row["payload"])) == ("Report", "mail", {"to": "é"})
    assert (row["overlap"], row["missed"], row["declared"]) == (False, "skip", False)
    assert datetime.fromisoformat(row["next_at"]) > began
    assert (row["last_slot_at"], row["last_job_id"], row["last_state"], row["paused_by"]) == (None, None, None, None)
    assert row["verdict"]["code"] == "on_schedule"


@pytest.mark.parametrize("form", ["table", "csv", "ndjson"])
def test_schedules_in_every_format(busy: Scene, form: str) -> None:
    """A table shows when, what state and why; the other formats hold every field."""
    busy.run(*NIGHTLY)
    busy.run("schedules", "add", "tick", "Ping", "--every", "5m")
    answer = busy.run("schedules", "--format", form)
    if form == "table":
        assert answer.out.splitlines()[0].split() == [
            "name",
            "timing",
            "next",
            "last",
            "last_state",
            "paused_by",
            "why",
        ]
        assert "30 2 * * 1-5 Europe/Berlin" in answer.out
        assert "every 300 s" in answer.out
    elif form == "csv":
        assert [(row["name"], row["every_seconds"], row["code"]) for row in answer.rows] == [
            ("nightly", "", "on_schedule"),
            ("tick", "300", "on_schedule"),
        ]
    else:
        assert [json.loads(line)["name"] for line in answer.out.splitlines()] == ["nightly", "tick"]


def test_a_schedule_that_nobody_works_is_overdue(busy: Scene) -> None:
    """A slot that passed with no live worker is a warning that says so and what to start."""
    spec = ScheduleSpec("forgotten", Timing(every_s=60), JobPattern("Ping"))
    store = busy.backend.schedules
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    store.apply_to_schedule(Act(Verb.SCHEDULE, "ana"), "forgotten", ScheduleEdit(None, spec, long_ago))
    (row,) = busy.run("schedules", "--json").data
    assert (row["verdict"]["code"], row["verdict"]["severity"]) == ("schedule_overdue", "warning")
    assert row["verdict"]["evidence"]["late_s"] > 1000
    assert row["verdict"]["next"]


def test_a_schedule_is_paused_and_resumed(busy: Scene) -> None:
    """Pausing says by whom, twice is refused, and resuming goes on with a slot that lies ahead."""
    busy.run(*NIGHTLY)
    assert busy.run("schedules", "pause", "nightly", "--reason", "audit").code == 0
    (paused,) = busy.run("schedules", "--json").data
    assert paused["paused_by"]
    assert paused["verdict"]["code"] == "schedule_paused"
    again = busy.run("schedules", "pause", "nightly")
    assert again.code == 1
    assert "it is paused already" in again.err
    assert busy.run("schedules", "resume", "nightly").code == 0
    (going,) = busy.run("schedules", "--json").data
    assert (going["paused_by"], going["verdict"]["code"]) == (None, "on_schedule")
    subjects = [(entry["verb"], entry["subject"], entry["reason"]) for entry in journal() if entry["entry"] == "intent"]
    assert subjects[1] == ("pause", "schedule nightly", "audit")


def test_a_schedule_is_run_at_once(busy: Scene) -> None:
    """The job's id is what is printed, and the schedule knows it as its last one."""
    busy.run(*NIGHTLY)
    answer = busy.run("schedules", "run-now", "nightly")
    assert answer.code == 0
    job = busy.run("show", answer.out.strip(), "--json").data
    assert (job["type"], job["state"]) == ("Report", "pending")
    (row,) = busy.run("schedules", "--json").data
    assert (row["last_job_id"], row["last_state"]) == (job["id"], "pending")


def test_a_schedule_is_removed(busy: Scene) -> None:
    """It is gone, its jobs stay, and the record holds what it was."""
    busy.run(*NIGHTLY)
    job_id = busy.run("schedules", "run-now", "nightly").out.strip()
    assert busy.run("schedules", "remove", "nightly").code == 0
    assert busy.run("schedules", "--json").data == []
    assert busy.run("show", job_id, "--json").data["state"] == "pending"
    results = journal()[-1]["results"]
    assert isinstance(results, list)
    assert "30 2 * * 1-5" in results[0]["before"]


def test_a_schedule_is_replaced_only_when_asked(busy: Scene) -> None:
    """A name that is taken is refused; with --replace the new timing holds and a pause stays."""
    busy.run(*NIGHTLY)
    busy.run("schedules", "pause", "nightly")
    again = ("schedules", "add", "nightly", "Report", "--every", "1h")
    busy.run(*again).fails(1, "--replace")
    assert busy.run(*again, "--replace").code == 0
    (row,) = busy.run("schedules", "--json").data
    assert (row["every_seconds"], row["cron"]) == (3600, None)
    assert row["paused_by"]


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["add", "n", "T"], 2, "--cron or --every"),
        (["add", "n", "T", "--cron", "* * * * *", "--every", "5"], 2, "--cron or --every"),
        (["add", "n", "T", "--cron", "61 * * * *"], 2, "bad minute"),
        (["add", "n", "T", "--cron", "* * * * *", "--tz", "Mars/Base"], 2, "Mars/Base"),
        (["add", "n", "T", "--every", "0.5"], 2, "whole seconds"),
        (["add", "n", "T", "--every", "0"], 2, "at least 1"),
        (["add", "n", "T", "--every", "5", "-p", "{"], 2, "not JSON"),
        (["add", "a\nb", "T", "--every", "5"], 2, "no name"),
        (["pause", "gone"], 4, "no schedule 'gone'"),
        (["run-now", "gone"], 4, "queuetui schedules"),
        (["remove", "gone"], 4, "no schedule"),
    ],
)
def test_what_cannot_be_is_one_line_and_a_code(busy: Scene, words: list[str], code: int, told: str) -> None:
    """A wrong word stores nothing and says what is wrong."""
    busy.run("schedules", *words).fails(code, told)
    assert busy.run("schedules", "--json").data == []


def test_a_read_only_profile_changes_no_schedule(busy: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the right nothing is added."""
    monkeypatch.setattr(rights, "decide_right", lambda *_, **__: rights.Right.READ)
    busy.run(*NIGHTLY).fails(1, "read-only")
    assert busy.run("schedules", "--json").data == []


@pytest.mark.parametrize("form", ["table", "json", "ndjson", "csv"])
def test_hostile_schedules_are_shown_and_never_obeyed(busy: Scene, form: str) -> None:
    """Whatever another program put into names, types and zones, nothing printed moves a cursor."""
    store = busy.backend.schedules
    for number, text in enumerate(SMALL_ZOO.values()):
        timing = Timing("0 0 * * *", tz=text)
        spec = ScheduleSpec(f"{number} {text}"[:200], timing, JobPattern(f"x{text}", queue=f"q{text}"))
        with suppress(BadPayload):
            store.declare_schedule(spec, datetime(2020, 1, 1, tzinfo=UTC), None)
    answer = busy.run("schedules", "--format", form)
    assert answer.code == 0
    assert_inert(answer.out)
    assert answer.out.count("\n") > len(SMALL_ZOO) // 2
