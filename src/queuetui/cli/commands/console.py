"""`queuetui` alone: the console."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from queuetui.cli.session import choose_profiles, flags_of
from queuetui.cli.store_places import StorePlace, find_in, look_for, name_places
from queuetui.config.profile import Profile

if TYPE_CHECKING:
    from queuetui.monitor.feed import Feed
    from queuetui.operate.operations import Operations
    from queuetui.tui.session import ConsoleSession


def open_console() -> None:
    """Open the console on the profiles of the flags; raises Unsupported without a terminal, and NotFound."""
    from queuetui.backends.registry import scheme_of
    from queuetui.tui.terminal import require_terminal

    require_terminal()
    flags = flags_of()
    profiles = choose_profiles(flags)
    # The console waits for a server that does not answer, but not for a file that does not exist.
    for profile in profiles:
        if scheme_of(profile.url) == "sqlite":
            find_in(profile)[0].open(asked=None).feed.close()
    leave(show_console(profiles, asked=flags.asked))


def show_console(profiles: Sequence[Profile], *, asked: str | None, state: Path | None = None, hint: str = "") -> int:
    """Run the console on profiles until it is left and return its exit code; help shows the `hint`."""
    from queuetui.tui import collector

    collector.hold()
    from queuetui.tui.app import run_console

    return run_console(*(session_on(profile, asked=asked, state=state, hint=hint) for profile in profiles))


def session_on(profile: Profile, *, asked: str | None, state: Path | None = None, hint: str = "") -> ConsoleSession:
    """Return how the console reaches a profile, and each queue system in its store."""
    from queuetui.tui.session import ConsoleSession

    def session_of(place: StorePlace) -> ConsoleSession:
        found = [place]

        def connect() -> tuple[Feed, Operations]:
            # The result of discovery is used once: after a lost connection the store is searched again, as its tables may have changed.
            opened = (found.pop() if found else place.look_again()).open(asked=asked, state=state)
            opened.feed.observe(hurried=True)
            return opened.feed, opened.operations

        return ConsoleSession(place.profile, connect, hint)

    def find() -> list[ConsoleSession]:
        # Systems that the user may not read are shown last, with the reason, and open once it may.
        places = name_places(profile, look_for(profile))
        return [session_of(place) for place in sorted(places, key=lambda one: one.found.refusal != "")]

    def connect_first() -> tuple[Feed, Operations]:
        return session_of(find_in(profile)[0]).connect()

    return ConsoleSession(profile, connect_first, hint, find)


def leave(code: int) -> NoReturn:
    """End the process at once, without waiting for memory to be freed."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
