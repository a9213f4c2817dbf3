"""The first mapping file that is written for a table: what it guesses, and that it can be used as it is where the guesses suffice."""

from __future__ import annotations

import pytest

from queuetui.backends.base import BackendOptions
from queuetui.backends.foreign.mapped.draft import FILL_IN, draft_mapping
from queuetui.backends.foreign.mapped.shape import read_mapping
from queuetui.model.act import Verb
from queuetui.model.errors import BadConfig, NotFound
from queuetui.model.state import State
from tests.backends.captures import FIXTURES, STATE_OF_WORD, run_script
from tests.backends.mapped.reading import product_of, see
from tests.backends.mapped.test_shipped import now_of, truth_of


def test_a_draft_for_a_prisma_table_tells_every_state_true(postgres_url: str) -> None:
    """The draft for the Prisma model fits, and reads each row of the capture in its true state."""
    run_script(postgres_url, (FIXTURES / "plain-tables" / "dump.prisma.postgres.sql").read_text(encoding="utf-8"))
    mapping = read_mapping(draft_mapping(postgres_url, "JobQueue", BackendOptions()), "draft.toml")
    product, truth = product_of(postgres_url, mapping), truth_of("prisma")
    assert {job_id: row.state for job_id, row in see(postgres_url, product, now_of(truth)).items()} == {
        job_id: STATE_OF_WORD[job["state"]] for job_id, job in truth["jobs"].items()
    }
    assert product.capabilities.verbs == {Verb.RETRY, Verb.RELEASE, Verb.DELETE}


def test_what_cannot_be_guessed_is_said(sqlite_url: str) -> None:
    """A column and a status whose names say nothing are named in comments, and the first lines say what to correct.

    A name whose quotes are not whole is no other table's. A draft without its status is refused for that, and not for its states.
    """
    run_script(sqlite_url, "CREATE TABLE odd (id INTEGER PRIMARY KEY, state TEXT, blob2 BLOB);\n")
    text = draft_mapping(sqlite_url, "odd", BackendOptions())
    assert [line.split(":")[1] for line in text.splitlines() if line.startswith(FILL_IN)] == [" states", " type"]
    assert '# not used: "blob2"' in text
    assert '# type = "?"' in text
    with pytest.raises(NotFound):
        draft_mapping(sqlite_url, '"odd', BackendOptions())
    run_script(sqlite_url, "CREATE TABLE numbered (id INTEGER PRIMARY KEY, kind TEXT, st INTEGER);\n")
    with pytest.raises(BadConfig, match="line 7: status is not filled in"):
        read_mapping(draft_mapping(sqlite_url, "numbered", BackendOptions()), "draft.toml")


def test_statuses_of_a_text_column_are_read_from_its_rows(sqlite_url: str) -> None:
    """The statuses that the rows bear are mapped, and one that says nothing is blocked, with a comment."""
    run_script(
        sqlite_url,
        "CREATE TABLE work (id INTEGER PRIMARY KEY, kind TEXT, status TEXT, run_at TEXT);\n"
        "INSERT INTO work VALUES (1, 'a', 'queued', NULL), (2, 'a', 'done', NULL), (3, 'a', 'wobbly', NULL);\n",
    )
    text = draft_mapping(sqlite_url, "work", BackendOptions())
    assert 'blocked = { is = ["wobbly"] }  # not guessed: "wobbly"' in text
    assert set(read_mapping(text, "work.toml").states) == {
        State.PENDING,
        State.SCHEDULED,
        State.COMPLETED,
        State.BLOCKED,
    }
