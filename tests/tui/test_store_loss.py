"""A real PostgreSQL server goes away under a running console, comes back, and hangs."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from queuetui.monitor.poller import RETRY_STEPS_S
from queuetui.monitor.store_link import ABANDON_AFTER_S
from tests.servers.fixtures import PostgresFactory
from tests.servers.postgres import SETTINGS, PostgresServer
from tests.tui.real_store import fill_store, session_on
from tests.tui.stage import Stage
from tests.tui.terminal import ROOT, program_on_terminal

pytestmark = pytest.mark.timed

QUIT_WITHIN_S = 1.5
SCRIPT = ROOT / "tests" / "tui" / "real_store.py"
Loss = Callable[[PostgresServer], None]


@pytest.mark.parametrize(("lose"), [PostgresServer.stop, PostgresServer.kill], ids=["stopped", "killed"])
def test_a_server_that_goes_and_comes_back(lose: Loss, private_postgres: PostgresFactory, tmp_path: Path) -> None:
    """Its rows stay, dimmed, under a counting reason; when it is back the screen is fresh within one step of the retries."""
    # Whoever kills a server that commits later loses the jobs that are looked for.
    server = private_postgres((*SETTINGS, "synchronous_commit=on"))
    url = server.create_database()
    fill_store(url)

    async def script(stage: Stage) -> None:
        await stage.press("slash")
        await stage.write("queue:mail")
        await stage.press("enter")
        await stage.until_shown("10 of 10 exact")
        await stage.press("j", "space", "j")
        cursor, marks = stage.table().cursor_key, stage.table().marks
        lose(server)
        await stage.until_shown("DISCONNECTED")
        assert stage.table().stale
        assert len(stage.table().rows) == 10
        await stage.press("R")
        assert "nothing can be changed until it does" in stage.lines_of("#status")
        await stage.until(lambda: re.search(r"\(attempt [2-9]\)", stage.text()))
        server.start()
        await stage.until(lambda: "Connected again" in stage.text(), timeout_s=RETRY_STEPS_S[-1] * 1.1 + 12)
        assert not stage.table().stale
        assert (stage.table().cursor_key, stage.table().marks) == (cursor, marks)
        assert "queue:mail" in stage.lines_of("#crumbs")
        await stage.press("C")
        await stage.until_shown("Cancel 1 job")
        await stage.press("y")
        await stage.until_shown("1 cancelled, 0 skipped, 0 failed")

    Stage(session=session_on(url, tmp_path)).play(script)


def test_a_frozen_server_holds_up_no_key(private_postgres: PostgresFactory, tmp_path: Path) -> None:
    """While the server is stopped by SIGSTOP a key is answered, and its silence is told as a loss."""
    server = private_postgres()
    url = server.create_database()
    fill_store(url)

    async def script(stage: Stage) -> None:
        await stage.until_shown("30 of 30 exact")
        server.pause()
        for _ in range(5):
            cursor = stage.table().cursor_key
            await stage.pilot.press("j")
            assert stage.table().cursor_key != cursor
        await stage.until_shown("NO ANSWER")
        assert stage.table().stale
        await stage.press("R")
        assert "nothing can be changed until it does" in stage.lines_of("#status")
        server.resume()
        await stage.until_shown("The store answers again")
        assert not stage.table().stale

    Stage(session=session_on(url, tmp_path)).play(script)


def test_a_server_frozen_for_long_is_left_and_asked_anew(private_postgres: PostgresFactory, tmp_path: Path) -> None:
    """After a quarter of a minute the hanging poll is abandoned and counted as a loss; the new connection finds the server again."""
    server = private_postgres()
    url = server.create_database()
    fill_store(url)

    async def script(stage: Stage) -> None:
        await stage.until_shown("30 of 30 exact")
        server.pause()
        await stage.until(lambda: "DISCONNECTED" in stage.text(), timeout_s=ABANDON_AFTER_S + 30)
        assert "the store has not answered for" in stage.text()
        server.resume()
        await stage.until(lambda: "Connected again" in stage.text(), timeout_s=20)

    Stage(session=session_on(url, tmp_path)).play(script)


def test_quitting_does_not_wait_for_a_frozen_server(private_postgres: PostgresFactory) -> None:
    """Ctrl+C ends the process within half a second of slack while a statement hangs; a machine that stalls has three tries."""
    server = private_postgres()
    url = server.create_database()
    fill_store(url)
    assert any(_quit_while_frozen(server, url) < QUIT_WITHIN_S for _ in range(3))


def _quit_while_frozen(server: PostgresServer, url: str) -> float:
    """Leave the console while its server is frozen, see that the terminal is put back, and return the seconds that took."""
    with program_on_terminal([sys.executable, SCRIPT, url], 80, 24) as terminal:
        terminal.read_until("30 of 30 exact")
        server.pause()
        terminal.read_for(1.5)
        began_s = time.monotonic()
        terminal.send("\x03")
        terminal.wait_for_exit()
        took_s = time.monotonic() - began_s
        server.resume()
        assert terminal.exit_code == 0
        assert b"\x1b[?1049l" in terminal.output
        assert b"\x1b[?25h" in terminal.output
    return took_s
