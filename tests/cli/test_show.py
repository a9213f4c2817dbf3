"""One job, shown and explained."""

from __future__ import annotations

import json
import re

import pytest

from queuetui.model.job import Ending
from tests.cli.conftest import EVERY_STORE
from tests.cli.scenes import Scene
from tests.cli.test_formats import DOCUMENT_KEYS

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


@EVERY_STORE
def test_a_job_is_shown_whole(busy: Scene) -> None:
    """A job in JSON has every promised key first, in order, and its values as they were stored."""
    shown = busy.run("show", busy.ids["urgent"], "--json").data
    assert list(shown)[: len(DOCUMENT_KEYS)] == DOCUMENT_KEYS
    assert list(shown)[len(DOCUMENT_KEYS) :] == ["remarks", "attempt_log", "usage", "run_log"]
    assert (shown["type"], shown["name"], shown["queue"]) == ("SendMail", "Mail to the boss", "mail")
    assert (shown["priority"], shown["attempts"], shown["max_attempts"], shown["lost"]) == (10, 0, 3, 0)
    assert (shown["payload"], shown["data"]) == ({"sku": "urgent"}, "sku urgent")
    assert (shown["idempotency_key"], shown["correlation_id"], shown["tags"]) == ("key-1", "cause-1", ["vip"])
    assert (shown["result"], shown["error"], shown["worker"], shown["progress"]) == (None, None, None, None)
    assert (shown["started_at"], shown["completed_at"]) == (None, None)
    for key in ("scheduled_at", "created_at", "updated_at"):
        assert TIME.fullmatch(shown[key])


def test_an_ended_job_tells_its_result_or_error(busy: Scene) -> None:
    """A completed job has its result, a dead letter its error and the attempts that were kept."""
    completed = busy.run("show", busy.ids["completed"], "--json").data
    assert (completed["state"], completed["result"], completed["error"]) == ("completed", {"sent": 1}, None)
    assert TIME.fullmatch(completed["completed_at"])
    failed = busy.run("show", busy.ids["failed"], "--json").data
    assert failed["error"] == {
        "class": "TimeoutError",
        "message": "the mail server was silent",
        "traceback": "Traceback: here",
    }
    assert [attempt["outcome"] for attempt in failed["attempt_log"]] == ["failed"]
    assert failed["verdict"]["code"] == "dead_letter"


@pytest.mark.parametrize("result", [b"17271", b"0.00001", b"true"])
def test_a_result_that_is_a_number_is_not_rounded(quick: Scene, result: bytes) -> None:
    """For people too a result reads as the handler returned it, as it may be an id."""
    quick.ended("counted", Ending.COMPLETED, result=result)
    lines = quick.run("show", quick.ids["counted"]).out.splitlines()
    shown = next(line for line in lines if line.startswith("result "))
    assert json.loads(shown.split()[-1]) == json.loads(result)


def test_an_error_is_read_line_by_line(scene: Scene) -> None:
    """For people an error is its class and message, then its traceback with a line to each line."""
    scene.ended("failed", Ending.FAILED)
    lines = scene.run("show", scene.ids["failed"]).out.splitlines()
    place = next(place for place, line in enumerate(lines) if line.startswith("error "))
    assert lines[place].endswith("  TimeoutError: the mail server was silent")
    assert lines[place + 1].strip() == "Traceback: here"


def test_a_verdict_has_its_parts(busy: Scene) -> None:
    """Why tells the code, how grave it is, the sentence, evidence, confidence, the next command, and whether its events join."""
    verdict = busy.run("why", busy.ids["orphaned"], "--json").data
    assert list(verdict) == ["backend", "code", "severity", "summary", "evidence", "confidence", "next", "gap"]
    assert (verdict["code"], verdict["severity"]) == ("orphaned", "critical")
    assert verdict["next"].startswith(f"queuetui release --id {busy.ids['orphaned']}")
    table = busy.run("why", busy.ids["orphaned"])
    assert re.search(r"^code +orphaned$", table.out, re.MULTILINE)


def test_a_job_is_found_by_the_end_of_its_id(busy: Scene) -> None:
    """Six characters or more of the end of an id name its job, in either letter case."""
    job_id = busy.ids["failed"]
    assert busy.run("show", job_id[-10:], "--json").data["id"] == job_id
    assert busy.run("show", job_id[-12:].upper(), "--json").data["id"] == job_id


def test_too_short_or_unknown_an_id_is_not_found(busy: Scene) -> None:
    """Less than six characters, or an end that no id has, is told as not found."""
    busy.run("show", busy.ids["failed"][-5:-1] + "x").fails(
        4, "too short for an id; write at least its last 6 characters"
    )
    busy.run("show", "0" * 32).fails(4, "no job's id is or ends in")
    busy.run("why", "ffffffffffff").fails(4, "see: queuetui jobs")


def test_an_ambiguous_end_is_refused(scene: Scene) -> None:
    """An end that two ids share is refused; more of it decides, and a whole id always does."""
    for head in ("0191a000-0000-7000-8000-00", "0191a000-0000-7000-8000-11"):
        scene.job(head[-2:], id=head + "0abcabcabc")
    scene.run("show", "abcabc").fails(1, "more than one job's id is or ends in 'abcabc'")
    scene.run("retry", "--id", "abcabc", "--yes").fails(1, "more than one job")
    assert scene.run("show", "110abcabcabc", "--json").data["id"] == scene.ids["11"]
    assert scene.run("show", scene.ids["00"], "--json").data["id"] == scene.ids["00"]


def test_the_table_of_a_job_is_one_line_a_key(busy: Scene) -> None:
    """Shown as a table, a job is its keys with their values, nested ones as JSON."""
    out = busy.run("show", busy.ids["urgent"]).out
    assert re.search(r"^name +Mail to the boss$", out, re.MULTILINE)
    assert re.search(r"^progress +-$", out, re.MULTILINE)
    assert '"sku": "urgent"' in out
