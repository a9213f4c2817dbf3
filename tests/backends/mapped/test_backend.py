"""The three home-made tables opened as backends: read true, changed once, and left as they were by looking."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from queuetui.backends.backend import Backend
from queuetui.backends.base import BackendOptions, iterate
from queuetui.backends.discover import discover, open_backend
from queuetui.model.act import Act, Outcome, Target, Verb
from queuetui.model.errors import BadConfig
from queuetui.model.limits import Limits
from queuetui.model.page import PageRequest
from queuetui.model.query import SORTS, Query
from queuetui.model.query_parser import parse_query
from queuetui.model.snapshot import Watch
from queuetui.model.state import State
from tests.backends.captures import FIXTURES, STATE_OF_WORD, query, run_script
from tests.backends.mapped.test_shipped import CAPTURES, ROWS, now_of, truth_of

LATE = timedelta(seconds=301)


class Table:
    """One capture in a database of its own."""

    def __init__(self, kind: str, url: str) -> None:
        self.kind, self.url, self.truth = kind, url, truth_of(kind)
        self.opened: list[Backend] = []

    def open(self, late: timedelta = timedelta(), **settings: str) -> Backend:
        """Open the table by what the store is found to hold."""
        named = {f"mapping.{name}": value for name, value in settings.items()}
        self.opened.append(
            open_backend(self.url, BackendOptions("mine", now=now_of(self.truth) + late, settings=named))
        )
        return self.opened[-1]

    def ids(self, word: str) -> list[str]:
        """Return the ids of the truth's jobs of a word."""
        return sorted(job_id for job_id, job in self.truth["jobs"].items() if job["state"] == word)


@pytest.fixture(params=list(CAPTURES))
def table(request: pytest.FixtureRequest) -> Iterator[Table]:
    """Load one capture."""
    store, dump, _ = CAPTURES[request.param]
    url = request.getfixturevalue(f"{store}_url")
    run_script(url, (FIXTURES / "plain-tables" / dump).read_text(encoding="utf-8"))
    loaded = Table(request.param, url)
    yield loaded
    for backend in loaded.opened:
        backend.close()


def test_the_truth_is_read_and_nothing_is_written(table: Table) -> None:
    """Jobs, counts, stuck jobs, every order and every filter by state agree with the truth, and the rows are as they were."""
    before = query(table.url, ROWS[table.kind])
    jobs: dict[str, Any] = table.truth["jobs"]
    (found,) = discover(table.url, BackendOptions(now=now_of(table.truth)))
    assert (found.kind, found.jobs and found.jobs.value) == (f"mapped:{table.kind}", len(jobs))
    inspector = table.open().inspector
    states = {job_id: STATE_OF_WORD[job["state"]] for job_id, job in jobs.items()}
    listed = {job.ref.id: job for job in iterate(inspector, Query(), Limits())}
    assert {job_id: job.state for job_id, job in listed.items()} == states
    assert {job_id: job.attempts for job_id, job in listed.items()} == {
        job_id: job.get("attempts", 0) for job_id, job in jobs.items()
    }
    for job_id in table.ids("failed"):
        error = listed[job_id].error
        assert error is not None
        assert error.message.raw.startswith("bad record")
    snapshot = inspector.snapshot(Watch())
    assert snapshot.problems == {}
    for state in inspector.capabilities.keeps:
        assert snapshot.counts[state].value == Counter(states.values())[state]
        ids = {job.ref.id for job in iterate(inspector, parse_query(f"state:{state}"), Limits())}
        assert ids == {job_id for job_id, one in states.items() if one is state}
    for field in SORTS:
        page = inspector.page(PageRequest(parse_query(f"sort:-{field}"), 50), Limits())
        assert Counter(job.ref.id for job in page.jobs) == Counter(list(jobs))
    late = table.open(LATE).inspector
    assert [job.ref.id for job in iterate(late, parse_query("is:stuck"), Limits())] == table.ids("stuck")
    assert inspector.get(next(iter(jobs))).payload_whole
    assert query(table.url, ROWS[table.kind]) == before


def test_each_verb_acts_once_and_is_refused_the_second_time(table: Table) -> None:
    """Retry, cancel, release and delete do to one job what is declared, once, and no other job is changed."""
    deeds = {
        Verb.RETRY: ("failed", State.PENDING),
        Verb.CANCEL: ("waiting", State.FAILED),
        Verb.RELEASE: ("stuck", State.RETRYING if table.kind == "prisma" else State.PENDING),
        Verb.DELETE: ("completed", None),
    }
    if table.kind == "rust-platform":
        assert not table.open().inspector.capabilities.applies
        return
    early = table.open()
    running = early.inspector.get(table.ids("stuck")[0])
    (refused,) = early.operator.apply(Act(Verb.RELEASE, "tester"), [Target(running.ref)], Limits())
    assert refused.outcome is Outcome.SKIPPED
    for verb, (word, state) in deeds.items():
        backend = table.open(LATE)
        before = {job.ref for job in iterate(backend.inspector, Query(), Limits())}
        ref = backend.inspector.get(table.ids(word)[0]).ref
        first, again = (backend.operator.apply(Act(verb, "tester"), [Target(ref)], Limits())[0] for _ in range(2))
        assert (first.outcome, first.state_now) == (Outcome.DONE, state), first
        assert ref.id in (first.before or "")
        assert again.outcome is Outcome.SKIPPED
        after = {job.ref for job in iterate(backend.inspector, Query(), Limits())}
        assert before - after == {ref}


def test_a_way_of_a_verb_is_chosen_by_the_settings(table: Table) -> None:
    """With mapping.way, Prisma's lost run is not counted."""
    if table.kind != "prisma":
        return
    backend = table.open(LATE, way="uncounted")
    ref = backend.inspector.get(table.ids("stuck")[0]).ref
    (result,) = backend.operator.apply(Act(Verb.RELEASE, "tester"), [Target(ref)], Limits())
    assert (result.outcome, backend.inspector.get(ref.id).attempts) == (Outcome.DONE, 1)


def test_a_mapping_file_that_is_not_there_is_told(sqlite_url: str) -> None:
    """A mapping file that cannot be read is refused with its path."""
    run_script(sqlite_url, "CREATE TABLE one (id INTEGER);\n")
    with pytest.raises(BadConfig, match="nowhere"):
        open_backend(sqlite_url, BackendOptions(settings={"mapping": "nowhere.toml"}))
