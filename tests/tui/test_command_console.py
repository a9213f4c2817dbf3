"""The installed command opens the console on a real terminal."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from tests.tui.real_store import fill_store
from tests.tui.terminal import program_on_terminal

WITHOUT_INSTALLATION = ("-m", "queuetui")


def command() -> tuple[str, ...]:
    """Return the installed program, or the package run as one where it is not installed."""
    installed = shutil.which("queuetui", path=str(Path(sys.executable).parent))
    return (installed,) if installed else (sys.executable, *WITHOUT_INSTALLATION)


def test_the_command_shows_a_store_acts_on_it_and_leaves(sqlite_url: str, tmp_path: Path) -> None:
    """`queuetui --url URL`: a person retries nothing, cancels one job, looks at the overview and quits."""
    fill_store(sqlite_url)
    environment = {"XDG_STATE_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path), "HOME": str(tmp_path)}
    with program_on_terminal([*command(), "--url", sqlite_url], 100, 30, environment) as terminal:
        terminal.read_until("30 of 30 exact")
        terminal.send("C")
        terminal.read_until("Esc or n goes back")
        terminal.send("\r")
        terminal.read_until_gone("Esc or n goes back")
        terminal.send("C")
        terminal.read_until("y does it")
        terminal.send("y")
        terminal.read_until("1 cancelled, 0 skipped, 0 failed")
        terminal.send("0")
        terminal.read_until("done/min")
        terminal.send("qq")
        terminal.wait_for_exit()
        assert terminal.exit_code == 0
