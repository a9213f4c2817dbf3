"""Chores, tokens and lives of a Rust platform's tables, in the console on its capture."""

from __future__ import annotations

from pathlib import Path

from queuetui.backends.base import BackendOptions
from queuetui.backends.discover import open_backend
from tests.backends.captures import FIXTURES, query, run_script
from tests.tui.real_store import session_over
from tests.tui.stage import NARROW, Stage
from tests.tui.test_acts import until_asked

_TOKENS = """
create table worker_bootstrap_tokens (token uuid, worker_id uuid, expires_at timestamptz);
insert into worker_bootstrap_tokens select gen_random_uuid(), null, now() - interval '1 hour' from generate_series(1, 3);
insert into worker_bootstrap_tokens values (gen_random_uuid(), null, now() + interval '1 hour');
delete from audit_logs;
insert into audit_logs (occurred_at, event_type, payload)
select now() - interval '1 minute', event, '{"job_id": "5b1c0a7e-0000-4000-8000-000000000001"}'
from unnest(array['JobCreated', 'JobCompleted']) event;
"""


def test_a_chore_is_counted_asked_and_done(postgres_url: str, tmp_path: Path) -> None:
    """U lists chores and masked tokens; the one that is taken says how many rows it changes, and changes them once it is confirmed.

    `]` on the events of its audit log shows the life of each job in one row, with its gaps.
    """
    run_script(postgres_url, (FIXTURES / "plain-tables" / "dump.rust.postgres.sql").read_text(encoding="utf-8"))
    run_script(postgres_url, _TOKENS)
    expired = "select count(*) from worker_bootstrap_tokens where expires_at < now() and worker_id is null"
    before = query(postgres_url, expired)[0][0]
    token = query(postgres_url, "select token::text from worker_bootstrap_tokens limit 1")[0][0]
    backend = open_backend(postgres_url, BackendOptions(kind="mapped:rust-platform"))

    async def script(stage: Stage) -> None:
        await stage.press("W")
        await stage.until_shown(f"{before} expired")
        await stage.press("U")
        await stage.until_shown("Chores, and tokens of workers")
        assert "READ-ONLY" not in stage.text()
        await stage.until_shown(f"token {token[:4]}...")
        assert token not in stage.text()
        await stage.write("delete-tokens")
        await stage.press("enter")
        await until_asked(stage)
        assert f"{before} row" in stage.text()
        assert query(postgres_url, expired)[0][0] == before
        await stage.press("y")
        await stage.until_shown("changed")
        await stage.press("E", "right_square_bracket")
        await stage.until(lambda: [row.cells[-2].text for row in stage.table().rows] == ["JobCompleted"])
        assert "no JobStarted" in stage.lines_of("#event")

    Stage(session=session_over(backend, tmp_path)).play(script, NARROW)
    assert (before > 0, query(postgres_url, expired)[0][0]) == (True, 0)
