"""Jobs that are shell commands, run by real shells."""

from __future__ import annotations

import os
from pathlib import Path

import psutil
import pytest

from queuetui.client import Queue
from queuetui.engine.commands import group
from queuetui.model.command import COMMAND_TAG, OUTPUT_CAP_BYTES
from queuetui.model.document import JobDocument
from tests.engine.conftest import StartWorker
from tests.engine.processes import Place
from tests.waiting import wait_until


@pytest.fixture
def queue_url(tmp_path: Path) -> str:
    """One store is enough: what a command says goes the way of every ending."""
    return f"sqlite:///{tmp_path / 'queue.db'}"


def run_one(queue: Queue, start_worker: StartWorker, command: str, **options: object) -> JobDocument:
    """Run one command and return its job."""
    job = queue.enqueue_command(command, max_attempts=1, **options)  # type: ignore[arg-type]  # a test's own options
    start_worker(burst=True, allow_command=True).wait()
    return queue.get(job.id)


def error_of(shown: JobDocument) -> dict[str, str]:
    """Return the error of a job that has one."""
    assert shown.error is not None
    return shown.error


def is_gone(pid: int) -> bool:
    """Tell whether a process runs no more."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_a_command_that_ends_well(queue: Queue, start_worker: StartWorker) -> None:
    """Its exit code and both outputs are the result; the job's ids are in its environment and its input is empty."""
    command = 'echo "$QUEUETUI_JOB_ID $QUEUETUI_CORRELATION_ID $QUEUETUI_ATTEMPT"; cat; echo careful >&2'
    shown = run_one(queue, start_worker, command, correlation_id="order-7", name="nightly")
    assert shown.result == {"exit_code": 0, "stdout": f"{shown.id} order-7 1\n", "stderr": "careful\n"}
    assert (shown.state, shown.name, shown.type) == ("completed", "nightly", "queuetui.command")


def test_a_command_that_fails(queue: Queue, start_worker: StartWorker) -> None:
    """Another exit code is a failed run that names it with the last line, and keeps both outputs."""
    shown = run_one(queue, start_worker, "echo half done; echo no such host >&2; exit 3")
    error = error_of(shown)
    assert (shown.state, error["class"]) == ("failed", "CommandFailed")
    assert error["message"] == "the command ended with exit code 3: no such host"
    assert "--- stdout\nhalf done\n" in error["traceback"]
    assert "--- stderr\nno such host\n" in error["traceback"]


def test_a_failed_command_is_tried_again(queue: Queue, start_worker: StartWorker, tmp_path: Path) -> None:
    """A failed run of a command has the retry policy of every job."""
    again = queue.enqueue_command(f"echo x >> {tmp_path}/runs; exit 1")
    start_worker(jobs=1, allow_command=True).wait()
    assert (queue.get(again.id).state, queue.get(again.id).attempts) == ("retrying", 1)


def test_a_command_killed_by_a_signal(queue: Queue, start_worker: StartWorker) -> None:
    """A shell that a signal ended is a failed run that names the signal."""
    assert error_of(run_one(queue, start_worker, "kill -SEGV $$"))["message"] == "the command was killed by SIGSEGV"


def test_long_output_keeps_its_end(queue: Queue, start_worker: StartWorker) -> None:
    """Of each output the last 64 KB are kept, and how much before them is gone is said."""
    shown = run_one(queue, start_worker, "head -c 1000000 /dev/zero | tr '\\0' a; echo the end; echo short >&2")
    kept = shown.result["stdout"]
    assert (len(kept), kept[-8:]) == (OUTPUT_CAP_BYTES, "the end\n")
    assert shown.result["stdout_cut_bytes"] == 1_000_008 - OUTPUT_CAP_BYTES
    assert "stderr_cut_bytes" not in shown.result
    failed = error_of(run_one(queue, start_worker, "head -c 100000 /dev/zero | tr '\\0' a; exit 1"))
    assert f"--- stdout, its first {100_000 - OUTPUT_CAP_BYTES:,} bytes are cut\naaa" in failed["traceback"]


def test_hostile_output_is_kept_as_text(queue: Queue, start_worker: StartWorker) -> None:
    """Escape sequences, NULs and bytes that are no UTF-8 are stored as text and do no harm."""
    hostile = r"printf '\033]0;owned\007[red]\000\377 end'"
    shown = run_one(queue, start_worker, hostile)
    assert shown.result["stdout"] == "\x1b]0;owned\x07[red]\0\N{REPLACEMENT CHARACTER} end"
    failed = run_one(queue, start_worker, f"{hostile}; exit 1")
    assert "\x1b]0;owned" in error_of(failed)["traceback"]


def test_other_workers_never_claim_a_command(queue: Queue, start_worker: StartWorker) -> None:
    """A command waits for a worker that runs commands and bears each of its tags; every other one leaves it alone."""
    job = queue.enqueue_command("echo ran", tags=["gpu"])
    start_worker(tags=("gpu",), jobs=1, timeout_s=0.5).wait()
    start_worker(allow_command=True, jobs=1, timeout_s=0.5).wait()
    assert (queue.get(job.id).state, queue.get(job.id).attempts) == ("pending", 0)
    start_worker(burst=True, allow_command=True, tags=("gpu",)).wait()
    assert queue.get(job.id).result == {"exit_code": 0, "stdout": "ran\n", "stderr": ""}


def test_without_the_flag_a_command_is_refused(queue: Queue, start_worker: StartWorker) -> None:
    """A worker that was not allowed to never runs a command, also one that bears the tag; the reason says what to do."""
    job = queue.enqueue_command("touch ran", max_attempts=5)
    start_worker(burst=True, tags=(COMMAND_TAG,)).wait()
    shown = queue.get(job.id)
    assert (shown.state, error_of(shown)["class"]) == ("failed", "RefusedHandler")
    assert "--allow-command" in error_of(shown)["message"]


@pytest.mark.parametrize("payload", [{}, {"command": ""}, {"command": 7}, {"command": "a\0b"}, ["ls"]])
def test_a_payload_without_a_command(queue: Queue, start_worker: StartWorker, payload: object) -> None:
    """A payload that names no command fails at once and says what it should be."""
    job = queue.enqueue("queuetui.command", payload)
    start_worker(burst=True, allow_command=True).wait()
    assert error_of(queue.get(job.id))["class"].endswith("BadPayload")


@pytest.mark.timed
@pytest.mark.parametrize("isolation", ["thread", "process"])
def test_a_timeout_kills_all_that_was_started(
    queue: Queue, start_worker: StartWorker, tmp_path: Path, isolation: str
) -> None:
    """At its time limit a command is killed with its grandchildren, also those that do not heed TERM."""
    pids = tmp_path / "pids"
    command = f"echo begun; (trap '' TERM; sleep 600 & echo $! $$ > {pids}; wait; sleep 600) & wait"
    job = queue.enqueue_command(command, max_attempts=1, timeout=6)
    start_worker(jobs=1, allow_command=True, isolation=isolation).wait()
    error = error_of(queue.get(job.id))
    assert error["class"] == "Timeout"
    assert isolation == "process" or "--- stdout\nbegun\n" in error["traceback"]
    for pid in map(int, pids.read_text().split()):
        wait_until(lambda pid=pid: is_gone(pid))  # type: ignore[misc]  # bound now, as the loop goes on


@pytest.mark.timed
def test_what_a_command_leaves_behind_ends_with_it(queue: Queue, start_worker: StartWorker) -> None:
    """A process in the background does not hold up the ending, and is killed."""
    shown = run_one(queue, start_worker, "sleep 600 & echo $!")
    wait_until(lambda: is_gone(int(shown.result["stdout"])))


@pytest.mark.timed
def test_a_person_cancels_a_running_command(
    queue: Queue, start_worker: StartWorker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cancel request reaches the command as TERM and the job becomes cancelled."""
    monkeypatch.setattr(group, "TERM_GRACE_S", 60.0)
    job = queue.enqueue_command(f"trap 'touch {tmp_path}/told; exit 1' TERM; touch {tmp_path}/begun; sleep 600 & wait")
    start_worker(jobs=1, allow_command=True, lease_s=6.0)
    wait_until((tmp_path / "begun").exists)
    queue.cancel(job.id)
    wait_until(lambda: queue.get(job.id).state == "cancelled")
    assert (tmp_path / "told").exists()


@pytest.mark.timed
def test_the_end_of_the_grace_kills_a_command(queue: Queue, start_worker: StartWorker, tmp_path: Path) -> None:
    """A worker that stops kills the command it does not wait for before it gives the job back."""
    job = queue.enqueue_command(f"sleep 600 & echo $! > {tmp_path}/pid; wait")
    worker = start_worker(jobs=1, allow_command=True, grace_s=0.1)
    wait_until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text().strip() != "")
    worker.stop()
    assert queue.get(job.id).state == "pending"
    wait_until(lambda: is_gone(int((tmp_path / "pid").read_text())))


@pytest.mark.timed
@pytest.mark.parametrize("isolation", ["thread", "process"])
def test_a_killed_worker_takes_its_commands_along(tmp_path: Path, isolation: str) -> None:
    """However the worker dies, the command and its grandchildren die at once."""
    place = Place(tmp_path)
    pids = tmp_path / "pids"
    line = f"(trap '' TERM HUP; sleep 600 & echo $! $$ > {pids}; wait) & wait"
    try:
        assert place.run("enqueue", "--url", place.url, "--command", line).returncode == 0
        worker = place.start("--allow-command", "--isolation", isolation)
        wait_until(lambda: pids.exists() and len(pids.read_text().split()) == 2)
        os.kill(worker.pid, 9)
        for pid in map(int, pids.read_text().split()):
            wait_until(lambda pid=pid: is_gone(pid))  # type: ignore[misc]  # bound now, as the loop goes on
    finally:
        place.end()


def test_a_worker_of_commands_alone_says_what_it_does_to_other_jobs(tmp_path: Path) -> None:
    """Without --app, a job of a declared type would fail there, so its start warns of it."""
    place = Place(tmp_path)
    try:
        told = place.run("worker", "--url", place.url, "--allow-command", "--burst").stderr
        assert "no_app" in told
        assert "no_app" not in place.run("worker", "--url", place.url, "--burst").stderr
    finally:
        place.end()
