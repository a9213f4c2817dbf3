"""A slip on the command line does not do more than was meant: it is refused, and nothing happens."""

from __future__ import annotations

from pathlib import Path

import pytest

from queuetui.cli.options import join_queues, queue_names
from queuetui.model.state import State
from tests.cli.conftest import Invoke
from tests.cli.scenes import Scene

ACTS = ("retry", "cancel", "delete", "release", "purge")


@pytest.mark.parametrize("filter_text", ["", "  "])
@pytest.mark.parametrize("verb", ACTS)
def test_an_empty_filter_is_not_every_job(quick: Scene, verb: str, filter_text: str) -> None:
    """An act on "", as of a shell's unset variable, is refused, and the job stays as it is."""
    quick.job("kept")
    quick.run(verb, filter_text, "--yes").fails(2, "the FILTER is empty; for all jobs say queue:*")
    assert quick.backend.inspector.get(quick.ids["kept"]).state is State.PENDING


def test_what_is_no_span_of_time_is_told_both_forms(quick: Scene) -> None:
    """Where a span or a time is taken, the refusal of another word names both."""
    quick.run("events", "--since", "yesterday").fails(2, "write it like 90, 30s, 5m, 1h30m or 2d, or a time like 2030-")


def test_an_empty_list_of_workers_is_told(quick: Scene) -> None:
    """A table without rows says whether there are none at all, or none that were asked for."""
    for words, told in (((), "no worker is registered"), (("--free",), "no registered worker matches")):
        assert told in quick.run("workers", *words).err
    assert "no worker that is gone" in quick.run("workers", "--history").err
    assert quick.run("workers", "--json").err == ""


def test_every_job_may_be_meant(quick: Scene) -> None:
    """What the refusal of an empty filter advises takes all jobs."""
    quick.job("one")
    quick.job("two", "reports")
    assert quick.run("delete", "queue:*", "--yes", "--json").data["done"] == 2


def test_a_cleanup_beyond_the_calendar_is_refused(quick: Scene) -> None:
    """More days than a calendar has are told as such."""
    quick.run("cleanup", "--days", "99999999999", "--yes").fails(2, "'--days'")


@pytest.mark.parametrize("name", ["", " ", "mail,sync", "ma*", "*", " mail", "mail\n", "q" * 201])
def test_a_queue_that_no_worker_could_name_takes_no_job(quick: Scene, name: str) -> None:
    """A job goes to one queue, and a worker's -q parts names at commas."""
    quick.run("enqueue", "SendMail", "-q", name).fails(2, "no name of a queue")
    quick.run("schedules", "add", "daily", "SendMail", "--every", "1d", "-q", name).fails(2, "no name of a queue")
    quick.run("pause", name).fails(2, "no name of a queue")
    assert quick.run("jobs", "--json").data == []


@pytest.mark.parametrize("tag", ["", " ", "a,b", "g*", "a\x1bb"])
def test_a_tag_that_is_no_name_is_refused(quick: Scene, tag: str) -> None:
    """Tags and needs are names, for jobs, schedules and workers alike."""
    for option in ("--tag", "--needs"):
        quick.run("enqueue", "SendMail", option, tag).fails(2, "no name of a tag")
        quick.run("schedules", "add", "daily", "SendMail", "--every", "1d", option, tag).fails(2, "no name of a tag")
    quick.run("worker", "--burst", "--tag", tag).fails(2, "no name of a tag")


@pytest.mark.parametrize("option", ["--key", "--name", "--correlation-id"])
def test_an_empty_text_is_refused(quick: Scene, option: str) -> None:
    """A text that a shell's unset variable left empty is not stored as one."""
    quick.run("enqueue", "SendMail", option, "").fails(2, "is empty; give a text, or leave it away")


def test_a_star_is_every_queue() -> None:
    """What a worker is told by -q '*' is what it is told by no -q at all: no name stands for all queues."""
    assert join_queues((queue_names("*"),)) is join_queues(()) is None
    assert join_queues((queue_names("mail, sync"), queue_names("sync,a"))) == ("mail", "sync", "a")


@pytest.mark.parametrize(
    "option",
    [("--priority", "99999999999999999999"), ("--priority", "1.9")]
    + [("--max-attempts", count) for count in ("99999999999", "0", "1.5", "9" * 5000)],
)
def test_a_number_that_not_every_store_keeps_is_refused(quick: Scene, option: tuple[str, str]) -> None:
    """A job or a schedule that could not be stored is a slip of the one who writes it, and no schedule stumbles on it later."""
    quick.run("enqueue", "SendMail", *option).fails(2, option[0])
    quick.run("schedules", "add", "daily", "SendMail", "--every", "1d", *option).fails(2, option[0])


def test_a_limit_in_which_no_run_can_end_is_refused(quick: Scene) -> None:
    """A time limit of 0 is not stored: it would fail every run."""
    quick.run("enqueue", "SendMail", "--timeout", "0").fails(2, "at least 10ms")
    assert quick.run("jobs", "--json").data == []


def test_a_delay_and_a_time_exclude_each_other(quick: Scene) -> None:
    """Both at once are a wrong command line."""
    quick.run("enqueue", "SendMail", "--delay", "1h", "--at", "2030-01-31T08:00:00Z").fails(2, "give one of them")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("-q", ""), "names no queue; leave it away to listen to all"),
        (("-q", " ,"), "names no queue; leave it away to listen to all"),
        (("-q", "ma*"), "wildcards are not taken; write each name out"),
        (("-q", "mail,*"), "stands alone"),
        (("-q", "mail", "-q", "*"), "stands alone"),
        (("--lease", "0"), "at least 10ms"),
        (("--sleep", "0"), "at least 10ms"),
        (("--job-timeout", "0"), "at least 10ms"),
        (("--max-memory", "0"), "--max-memory"),
        (("--recycle-memory", "-3"), "--recycle-memory"),
        (("--app", "shop", "--app", "mail"), "one module can be named, not 2"),
    ],
)
def test_a_worker_that_would_harm_does_not_start(quick: Scene, options: tuple[str, ...], words: str) -> None:
    """No queue is not every queue, a lease has to last, looking has to pause, and no module is passed over in silence."""
    quick.run("worker", "--burst", *options).fails(2, words)


@pytest.mark.parametrize("command", [("enqueue", "SendMail"), ("worker", "--burst"), ("migrate",)])
def test_a_profile_for_reading_is_not_written_to(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: tuple[str, ...]
) -> None:
    """The right "read" holds against what is no act on jobs too, and no queue is made there."""
    path, store = tmp_path / "config.toml", tmp_path / "queue.db"
    path.write_text(f"[profiles.reader]\nurl = 'sqlite:///{store}'\nrights = 'read'\n")
    monkeypatch.setenv("QUEUETUI_CONFIG", str(path))
    invoke(*command, "--profile", "reader", "--operate").fails(1, 'the settings give reader rights = "read"')
    assert not store.exists()


@pytest.mark.parametrize("act", [("pause",), ("queues", "limit", "--concurrency", "1"), ("queues", "events")])
def test_an_act_on_an_unknown_queue_warns(quick: Scene, act: tuple[str, ...]) -> None:
    """A queue that no job was put into may be a slip of the pen, and the ones that are there are named."""
    switch = ("off",) if act[-1] == "events" else ()
    quick.job("one")
    assert "no job was put into mial so far; queues: mail" in quick.run(*act, "mial", *switch).err
    assert "beware" not in quick.run(*act, "mail", *switch).err
