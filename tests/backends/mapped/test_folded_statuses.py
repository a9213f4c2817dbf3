"""A status column that the database compares without case: what it counts in a state is shown in that state."""

from __future__ import annotations

from pathlib import Path

import pytest

from queuetui.backends.base import BackendOptions, iterate
from queuetui.backends.discover import open_backend
from queuetui.backends.foreign.mapped.draft import draft_mapping
from queuetui.model.act import Act, Outcome, Target, Verb
from queuetui.model.limits import Limits
from queuetui.model.query_parser import parse_query
from queuetui.model.snapshot import Watch
from queuetui.model.state import State
from tests.backends.captures import run_script

_FOLDED = {"sqlite": "varchar(20) COLLATE NOCASE", "mysql": "varchar(20) COLLATE utf8mb4_general_ci"}


@pytest.mark.parametrize("store", _FOLDED)
def test_a_status_that_the_database_takes_for_another_is_in_its_state(
    store: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """Two spellings of a status are counted and shown in one state, without a remark, and retried; an unknown one is blocked."""
    url: str = request.getfixturevalue(f"{store}_url")
    run_script(
        url,
        f"CREATE TABLE work (id integer PRIMARY KEY, type varchar(9), status {_FOLDED[store]});\n"
        "INSERT INTO work VALUES (1, 'a', 'pending'), (2, 'a', 'failed'), (3, 'a', 'FAILED');\n",
    )
    file = tmp_path / "work.toml"
    file.write_text(draft_mapping(url, "work", BackendOptions()))
    run_script(url, "INSERT INTO work VALUES (4, 'a', 'odd');\n")
    backend = open_backend(url, BackendOptions("work", settings={"mapping": str(file)}))
    jobs = {job.ref.id: job for job in iterate(backend.inspector, parse_query(""), Limits())}
    assert {key: job.state for key, job in jobs.items()} == {
        "1": State.PENDING,
        "2": State.FAILED,
        "3": State.FAILED,
        "4": State.BLOCKED,
    }
    assert backend.inspector.snapshot(Watch()).counts[State.FAILED].value == 2
    assert {key for key, job in jobs.items() if job.remarks} == {"4"}
    results = [backend.operator.apply(Act(Verb.RETRY, "tester"), [Target(jobs[key].ref)], Limits())[0] for key in "23"]
    assert {one.outcome for one in results} == {Outcome.DONE}
    backend.close()


def test_a_status_of_another_kind_is_told_without_a_line_of_the_draft(sqlite_url: str) -> None:
    """What the draft's own check refuses is told by its reason alone, as its lines are moved by what is told."""
    run_script(
        sqlite_url,
        "CREATE TABLE work (id INTEGER PRIMARY KEY, type TEXT, status BOOLEAN);\nINSERT INTO work VALUES (1, 'a', 1);\n",
    )
    first = draft_mapping(sqlite_url, "work", BackendOptions()).splitlines()[0]
    assert first == "# Fill in: status holds truth values; a status is a text, an enum or a number"
