"""`queuetui` alone: the console."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from queuetui.cli.session import choose_profile, flags_of, open_profile
from queuetui.cli.systems import find_in
from queuetui.config.profile import Profile

if TYPE_CHECKING:
    from queuetui.monitor.feed import Feed
    from queuetui.operate.operations import Operations


def open_console() -> None:
    """Open the console on what the flags name. Raises Unsupported without a terminal, and NotFound."""
    from queuetui.backends.registry import scheme_of
    from queuetui.tui.terminal import require_terminal

    require_terminal()
    flags = flags_of()
    profile = choose_profile(flags)
    # A server that is away may come back, and the console waits for it. A file that is not there will not.
    if scheme_of(profile.url) == "sqlite":
        open_profile(profile).close()
    leave(show_console(profile, operate=flags.operate))


def show_console(profile: Profile, *, operate: bool, state: Path | None = None, hint: str = "") -> int:
    """Run the console on a profile until it is left; return its exit code. Help shows the `hint`."""
    from queuetui.tui import collector

    collector.hold()
    from queuetui.tui.app import run_console
    from queuetui.tui.session import ConsoleSession

    def connect() -> tuple[Feed, Operations]:
        opened = find_in(profile)[0].open(operate=operate, state=state)
        return opened.feed, opened.operations

    return run_console(ConsoleSession(profile, connect, hint))


def leave(code: int) -> NoReturn:
    """End the process at once: nobody waits at a prompt for memory to be given back."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
