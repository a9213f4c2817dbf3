"""A table whose state stands in several columns, told by a column that the database computes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from queuetui.backends.base import BackendOptions
from queuetui.backends.foreign.mapped.draft import FILL_IN, draft_mapping
from queuetui.backends.foreign.mapped.shape import read_mapping
from queuetui.model.act import Verb
from queuetui.model.errors import BadConfig
from tests.backends.captures import query, run_script
from tests.backends.mapped.reading import act, product_of, see

_TABLE = """CREATE TABLE delayed_jobs (id integer PRIMARY KEY, handler varchar(50) NOT NULL, attempts int NOT NULL, locked_at {time} NULL,
  failed_at {time} NULL, status varchar(8) GENERATED ALWAYS AS
  (CASE WHEN failed_at IS NOT NULL THEN 'failed' WHEN locked_at IS NOT NULL THEN 'running' ELSE 'waiting' END) STORED);
INSERT INTO delayed_jobs (id, handler, attempts, locked_at, failed_at) VALUES (1, 'mail', 0, NULL, NULL),
  (2, 'mail', 3, '2026-01-01 10:00:00', '2026-01-01 10:00:05'), (3, 'mail', 1, '2026-01-01 10:00:00', NULL);
"""
_RETRY = '\n[[verbs]]\nverb = "retry"\nfrom = ["failed"]\nset = { %s }\n'


@pytest.mark.parametrize("store", ["sqlite", "postgres", "mysql"])
def test_a_status_that_the_database_computes_is_read_and_never_set(store: str, request: pytest.FixtureRequest) -> None:
    """The draft reads each row in its state and asks for verbs; one that sets its columns works, one that sets it is refused."""
    url: str = request.getfixturevalue(f"{store}_url")
    run_script(url, _TABLE.format(time="timestamp" if store == "postgres" else "datetime"))
    text = draft_mapping(url, "delayed_jobs", BackendOptions())
    (asked,) = (line for line in text.splitlines() if line.startswith(FILL_IN))
    assert "which the database computes" in asked
    now = datetime.now(UTC)
    mended = text + _RETRY % 'completed = "null", started = "null", attempts = 0'
    product = product_of(url, read_mapping(mended, "mended.toml"))
    assert {key: row.state for key, row in see(url, product, now).items()} == {
        "1": "pending",
        "2": "failed",
        "3": "processing",
    }
    assert act(url, product, Verb.RETRY, "2", now) == 1
    assert see(url, product, now)["2"].state == "pending"
    assert query(url, "SELECT attempts, failed_at FROM delayed_jobs WHERE id = 2") == [(0, None)]
    wrong = text + _RETRY % 'status = "waiting"'
    line = wrong.splitlines().index('set = { status = "waiting" }') + 1
    with pytest.raises(BadConfig, match=f"line {line}: status is computed by the database"):
        product_of(url, read_mapping(wrong, "wrong.toml"))


def test_a_table_without_a_status_is_told_how_to_get_one(sqlite_url: str) -> None:
    """The draft of a table whose state stands in several columns names the generated column."""
    run_script(sqlite_url, "CREATE TABLE delayed_jobs (id INTEGER PRIMARY KEY, handler TEXT, failed_at TEXT);\n")
    assert "add a generated column" in draft_mapping(sqlite_url, "delayed_jobs", BackendOptions()).splitlines()[0]
