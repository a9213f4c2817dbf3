"""`queuetui enqueue --command`, what it stores and how its end is shown."""

from __future__ import annotations

import json

from queuetui.engine.settings import WorkerSettings
from queuetui.engine.worker import Worker
from queuetui.model.command import COMMAND_TAG
from tests.cli.scenes import Scene


def test_a_command_is_stored_with_its_name_and_tags(quick: Scene) -> None:
    """The job is of the reserved type, carries the tags and needs them, and needs a worker that runs commands."""
    answer = quick.run("enqueue", "--name", "nightly", "--command", "echo hi", "--tag", "gpu")
    assert answer.code == 0
    shown = json.loads(quick.run("show", answer.out.strip(), "--json").out)
    assert (shown["type"], shown["name"], shown["tags"]) == ("queuetui.command", "nightly", ["gpu"])
    assert shown["payload"] == {"command": "echo hi"}


def test_hostile_output_is_shown_harmless(quick: Scene) -> None:
    """What a command wrote is shown without its escape sequences."""
    job_id = quick.run("enqueue", "--command", r"printf '\033[2J owned'", "--max-attempts", "1").out.strip()
    failing = quick.run(
        "enqueue", "--command", r"printf '\033[2J owned' >&2; exit 4", "--max-attempts", "1"
    ).out.strip()
    Worker(quick.backend, WorkerSettings(burst=True, allow_command=True)).run()
    for shown in (quick.run("show", job_id), quick.run("show", failing)):
        assert "owned" in shown.out
        assert "\x1b" not in shown.out
    assert "exit code 4" in quick.run("show", failing).out


def test_a_type_or_a_command(quick: Scene) -> None:
    """Neither, both, or a command with a payload is a wrong use."""
    for words in ((), ("mail", "--command", "ls"), ("--command", "ls", "-p", "{}"), ("--command", " ")):
        assert quick.run("enqueue", *words).code == 2


def test_a_command_needs_a_worker_that_runs_commands(quick: Scene) -> None:
    """The reserved tag is a need of every command, however it was enqueued."""
    from queuetui.client.new_job import make_job

    assert make_job("queuetui.command", {"command": "ls"}, {}).needs == (COMMAND_TAG,)
    assert make_job("queuetui.command", {"command": "ls"}, {"needs": ("gpu",)}).needs == ("gpu", COMMAND_TAG)
    assert make_job("mail", {}, {}).needs == ()


def test_why_a_command_waits(quick: Scene) -> None:
    """Where workers listen and none runs commands, the next step says how to start one that does."""
    quick.register("lane", worker_id="w")
    job_id = quick.run("enqueue", "--command", "ls", "-q", "lane").out.strip()
    verdict = json.loads(quick.run("why", job_id, "--json").out)
    assert "--allow-command" in verdict["next"]
