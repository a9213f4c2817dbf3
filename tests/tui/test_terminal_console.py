"""The console on a real terminal: first paint, keys, signals, a lost terminal, and nothing left behind."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from tests.tui.real_store import fill_store
from tests.tui.terminal import ROOT, program_on_terminal

pytestmark = pytest.mark.timed

SCRIPT = ROOT / "tests" / "tui" / "real_store.py"
RESTORED = (b"\x1b[?1049l", b"\x1b[?25h")
MOST_BYTES_A_POLL = 200
MOUSE_ON = b"\x1b[?1000h"


@pytest.fixture
def url(sqlite_url: str) -> str:
    """A filled SQLite store."""
    fill_store(sqlite_url)
    return sqlite_url


def test_a_session_by_keys(url: str) -> None:
    """A person looks at a job, cancels it and leaves; the terminal is as it was, and the mouse was never taken."""
    with program_on_terminal([sys.executable, SCRIPT, url], 80, 24) as terminal:
        terminal.read_until("30 of 30 exact")
        terminal.send("\r")
        terminal.read_until("[Summary]")
        terminal.send("q")
        terminal.read_until("30 of 30 exact")
        terminal.send("C")
        terminal.read_until("Cancel 1 job in here / ")
        terminal.send("y")
        terminal.read_until("1 cancelled, 0 skipped, 0 failed")
        terminal.send("q")
        terminal.wait_for_exit()
        assert terminal.exit_code == 0
        assert all(sequence in terminal.output for sequence in RESTORED)
        assert MOUSE_ON not in terminal.output


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_and_restores_the_terminal(number: signal.Signals, url: str) -> None:
    """TERM and HUP end the console with their code and give the terminal back."""
    with program_on_terminal([sys.executable, SCRIPT, url], 80, 24) as terminal:
        terminal.read_until("30 of 30 exact")
        os.kill(terminal.pid, number)
        terminal.wait_for_exit()
        assert terminal.exit_code == 128 + number
        assert all(sequence in terminal.output for sequence in RESTORED)


def test_suspending_gives_the_shell_back_and_the_console_returns(url: str) -> None:
    """Ctrl+Z stops the process with the terminal restored; continued, it draws itself again and reads on."""
    with program_on_terminal([sys.executable, SCRIPT, url], 80, 24) as terminal:
        terminal.read_until("30 of 30 exact")
        terminal.send("\x1a")
        terminal.wait_for_stop()
        assert all(sequence in terminal.output for sequence in RESTORED)
        terminal.clear()
        os.kill(terminal.pid, signal.SIGCONT)
        terminal.read_until("30 of 30 exact")
        terminal.send("4")
        terminal.read_until("Nothing is stuck")


def test_a_lost_terminal_ends_it(url: str) -> None:
    """When the terminal is taken away the console is gone within five seconds."""
    with program_on_terminal([sys.executable, SCRIPT, url], 80, 24) as terminal:
        terminal.read_until("30 of 30 exact")
        terminal.hang_up()
        terminal.wait_for_exit()


def test_a_lost_terminal_ends_it_even_where_hup_is_ignored(url: str, tmp_path: Path) -> None:
    """Under nohup too."""
    with program_on_terminal([sys.executable, SCRIPT, url, "--ignore-hup"], 80, 24) as terminal:
        terminal.read_until("30 of 30 exact")
        terminal.hang_up()
        terminal.wait_for_exit()


def test_without_colour_no_colour_is_sent(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under NO_COLOR the terminal gets no RGB and no palette colour at all."""
    monkeypatch.setenv("NO_COLOR", "1")
    with program_on_terminal([sys.executable, SCRIPT, url], 80, 24) as terminal:
        terminal.read_until("30 of 30 exact")
        terminal.send("q")
        terminal.wait_for_exit()
        assert b"38;2;" not in terminal.output
        assert b"48;2;" not in terminal.output


def test_a_fault_of_ours_shows_no_value(url: str) -> None:
    """The page at the end names where it happened and quotes nothing of what was handled."""
    with program_on_terminal([sys.executable, SCRIPT, url, "--fail"], 80, 24) as terminal:
        terminal.read_until("30 of 30 exact")
        terminal.send("z")
        terminal.wait_for_exit()
        assert terminal.exit_code == 1
        assert b"ended on a fault of its own: ValueError" in terminal.output
        assert b"secret" not in terminal.output
        assert b"locals" not in terminal.output


def test_an_unchanged_store_costs_next_to_nothing(url: str) -> None:
    """While nothing changes a poll sends little more than the clock, and no more than that."""
    with program_on_terminal([sys.executable, SCRIPT, url], 120, 40) as terminal:
        terminal.read_until("30 of 30 exact")
        terminal.send("7")
        terminal.read_until("0 of 0 exact")
        terminal.read_for(1)
        before = len(terminal.output)
        terminal.read_for(4)
        assert len(terminal.output) - before < 10 * MOST_BYTES_A_POLL
