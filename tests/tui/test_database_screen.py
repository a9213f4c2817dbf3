"""The Database screen over a real server, with a real wait for a lock."""

from __future__ import annotations

import threading
from contextlib import closing
from pathlib import Path

import psycopg

from queuetui.backends.base import BackendOptions
from queuetui.backends.registry import open_native
from queuetui.cli.commands.console import session_on
from queuetui.config.profile import Profile
from queuetui.tui.screens.database import DatabaseScreen
from tests.tui.stage import Stage

LOCK = "lock table queuetui_queue in exclusive mode"


def test_who_blocks_whom_is_shown(postgres_url: str, tmp_path: Path) -> None:
    """`B` shows the server's sections; a wait for a lock is in the title and a row with who holds it."""
    with closing(open_native(postgres_url, BackendOptions(create=True))):
        pass

    async def script(stage: Stage) -> None:
        await stage.press("B")
        assert stage.is_on(DatabaseScreen)
        await stage.until_shown("1 waiting for locks")
        shown = stage.text()
        assert f"{waiter.info.backend_pid} postgres report" in shown
        assert f"for {holder.info.backend_pid} (postgres migration idle in transaction) on queuetui_queue" in shown
        for text in ("connections allowed", "oldest transaction of", "~0 rows", "pg_stat_statements is not installed"):
            assert text in shown
        assert " kB, 0 dead rows" in shown
        assert "bytes" not in shown

    profile = Profile("prod", postgres_url, poll_s=60.0)
    with (
        psycopg.connect(postgres_url, application_name="migration") as holder,
        psycopg.connect(postgres_url, application_name="report") as waiter,
    ):
        holder.execute(LOCK)
        behind = threading.Thread(target=waiter.execute, args=(LOCK,))
        behind.start()
        try:
            Stage(session=session_on(profile, asked=None, state=tmp_path)).play(script, (160, 60))
        finally:
            holder.rollback()
            behind.join()
            waiter.rollback()
