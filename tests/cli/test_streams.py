"""What a command does when its streams are closed, full or read by nobody, and when its user has no home."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import combinations

import pytest
from click import BadParameter

from queuetui.backends.foreign.mapped.products import read_file
from queuetui.cli.commands.enqueue import read_payload_option
from queuetui.cli.options import written_time
from queuetui.client import Queue
from queuetui.config.paths import config_file, state_folder
from queuetui.model.claim_rules import parse_rate
from queuetui.model.errors import BadConfig, BadPayload

PROGRAM = "import sys; from queuetui.cli.main import run; sys.exit(run())"


def run_in_shell(ending: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the program with redirections of the shell."""
    command = ["sh", "-c", f'"$@" {ending}', "sh", sys.executable, "-c", PROGRAM, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize("closed", [some for count in (1, 2, 3) for some in combinations("012", count)])
def test_a_worker_starts_with_its_streams_closed(sqlite_url: str, closed: tuple[str, ...]) -> None:
    """Whatever the caller closed is taken for empty, and no file is taken for a stream."""
    with Queue(sqlite_url) as queue:
        queue.enqueue("nobody:knows")
        done = run_in_shell(" ".join(f"{number}>&-" for number in closed), "worker", "--burst", "--url", sqlite_url)
        assert (done.returncode, done.stdout) == (0, "")
        assert queue.stats()["pending"] == 0


def test_a_full_disk_behind_stdout_says_that_the_job_is_stored(sqlite_url: str) -> None:
    """Whoever cannot read the answer is told the id, so that the job is not sent twice."""
    done = run_in_shell("> /dev/full", "enqueue", "app:send", "--url", sqlite_url)
    with Queue(sqlite_url) as queue:
        (stored,) = queue.recent()
    assert done.returncode == 1
    assert f"stored as {stored.id}" in done.stderr
    assert "fault of the program" not in done.stderr


def test_help_for_a_full_disk_is_refused_in_words(sqlite_url: str) -> None:
    """What is printed without a store is told as the rest where it cannot be written."""
    done = run_in_shell("> /dev/full", "--help", "--url", sqlite_url)
    assert (done.returncode, "No space left" in done.stderr, "fault of the program" in done.stderr) == (1, True, False)


def test_words_do_not_mix_with_data(sqlite_url: str) -> None:
    """With stderr closed stdout is JSON still."""
    done = run_in_shell("2>&-", "enqueue", "app:send", "--json", "--url", sqlite_url)
    assert json.loads(done.stdout)["created"] is True


def test_without_a_home_only_what_needs_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no folder for the record then, which reading does not ask for; the settings are refused with what to give."""

    def expand(path: str) -> str:
        return path

    for name in ("HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "QUEUETUI_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os.path, "expanduser", expand)
    assert state_folder() is None
    with pytest.raises(BadConfig, match="--url"):
        config_file()
    monkeypatch.setenv("QUEUETUI_CONFIG", "~/settings.toml")
    with pytest.raises(BadConfig, match="without a home folder"):
        config_file()
    with pytest.raises(BadConfig, match="check its path"):
        read_file("~/mapping.toml")


def test_numbers_and_dates_beyond_all_bounds_are_refused() -> None:
    """A number of thousands of digits and a date beyond the calendar are the caller's, and told so."""
    with pytest.raises(BadPayload, match="digits"):
        read_payload_option("9" * 5000)
    with pytest.raises(BadPayload, match="too deeply"):
        read_payload_option("[" * 100_000)
    with pytest.raises(ValueError, match="is not a rate"):
        parse_rate("9" * 5000 + "/1m")
    for text in ("9999-12-31T23:59:59-05:00", "0001-01-01T00:00:00+05:00"):
        with pytest.raises(BadParameter, match="year"):
            written_time(text)
