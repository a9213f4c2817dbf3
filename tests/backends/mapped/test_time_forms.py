"""Times as texts: they are compared and written in the form that the values of their column have."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from queuetui.backends.base import BackendOptions
from queuetui.backends.foreign.mapped.draft import draft_mapping
from queuetui.backends.foreign.mapped.shape import read_mapping
from queuetui.model.act import Verb
from queuetui.model.errors import BadConfig
from queuetui.model.state import State
from tests.backends.captures import run_script
from tests.backends.mapped.reading import act, connected, product_of, see

NOW = datetime(2026, 11, 30, 7, 7, 35, 500_000, tzinfo=UTC)
TABLE = """\
CREATE TABLE tasks (id INTEGER PRIMARY KEY, type TEXT, status TEXT, run_at {kind}, updated_at {kind});
INSERT INTO tasks (id, type, status, run_at) VALUES (1, 'mail', 'dead', '{past}'), (2, 'mail', 'new', '{past}'),
  (3, 'mail', 'new', '{ahead}'), (4, 'mail', 'new', NULL);
"""
FORMS = {
    "SQLite's own": ("TEXT", "2026-11-30 06:00:00", "2026-11-30 23:00:00", "2026-11-30 07:07:35"),
    "declared, with a fraction": (
        "DATETIME",
        "2026-11-30 06:00:00.123456",
        "2026-11-30 23:00:00.123456",
        "2026-11-30 07:07:35.000000",
    ),
    "of JavaScript": ("TEXT", "2026-11-30T06:00:00.123Z", "2026-11-30T23:00:00.123Z", "2026-11-30T07:07:35.000Z"),
    "with an offset": ("TEXT", "2026-11-30T08:00+02:00", "2026-11-30T23:00+02:00", "2026-11-30T09:07+02:00"),
}


@pytest.mark.parametrize(("kind", "past", "ahead", "again"), FORMS.values(), ids=FORMS.keys())
def test_times_are_compared_and_written_in_the_form_of_the_column(
    kind: str, past: str, ahead: str, again: str, sqlite_url: str
) -> None:
    """By the draft each job is in its state, and a retry writes in the form of the column; without `form`, in that of the row.

    A column without any time has the form of the others.
    """
    run_script(sqlite_url, TABLE.format(kind=kind, past=past, ahead=ahead))
    draft = draft_mapping(sqlite_url, "tasks", BackendOptions())
    product = product_of(sqlite_url, read_mapping(draft, "draft.toml").in_zone("UTC"))
    states = [row.state for row in see(sqlite_url, product, NOW).values()]
    assert states == [State.FAILED, State.PENDING, State.SCHEDULED, State.PENDING]
    formless = product_of(sqlite_url, read_mapping(re.sub(', form = "[^"]*"', "", draft), "draft.toml"))
    for one in (product, formless):
        with connected(sqlite_url, writes=True) as connection:
            connection.execute(text("update tasks set status = 'dead', run_at = :past where id = 1"), {"past": past})
        assert act(sqlite_url, one, Verb.RETRY, "1", NOW) == 1
        with connected(sqlite_url) as connection:
            assert set(connection.execute(text("select run_at, updated_at from tasks where id = 1")).one()) == {again}


@pytest.mark.parametrize(
    ("times", "said"),
    [
        ('kind = "iso", form = "30.11.2026"', "write it like 2026-01-31 13:05:09"),
        ('kind = "iso", form = "2026-13-31 13:05:09"', "write it like 2026-01-31 13:05:09"),
        ('kind = "seconds", form = "2026-01-31 13:05:09"', "only texts have one"),
    ],
)
def test_a_form_that_is_none_is_refused(times: str, said: str, sqlite_url: str) -> None:
    """A form that no time can be written in, and one of times that are no texts, are refused with what to write."""
    run_script(
        sqlite_url,
        "CREATE TABLE tasks (id INTEGER PRIMARY KEY, type TEXT, status TEXT, run_at {});".format(
            "INTEGER" if "seconds" in times else "TEXT"
        ),
    )
    mapping = f'label = "T"\ntable = "tasks"\nkey = "id"\nstatus = "status"\ntimes = {{ {times} }}\n'
    mapping += '[fields]\ntype = "type"\nscheduled = "run_at"\n[states]\nfailed = { is = ["dead"] }\n'
    with pytest.raises(BadConfig, match=said):
        product_of(sqlite_url, read_mapping(mapping, "tasks.toml"))
