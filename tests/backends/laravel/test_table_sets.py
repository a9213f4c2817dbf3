"""Which tables are taken for one application's, and what is refused as a guess."""

from __future__ import annotations

from dataclasses import replace

import pytest

from queuetui.backends.base import BackendOptions, iterate
from queuetui.backends.discover import discover, open_backend
from queuetui.backends.foreign.laravel.settings import read_settings
from queuetui.backends.foreign.laravel.table_sets import (
    BATCHES_COLUMNS,
    FAILED_COLUMNS,
    JOBS_COLUMNS,
    TableSet,
    find_sets,
    meant_sets,
)
from queuetui.backends.sql.catalog import ALL_RIGHTS, StoredColumn, StoredTable
from queuetui.model.act import Outcome, Verb
from queuetui.model.errors import BadConfig, NotFound
from queuetui.model.limits import Limits
from queuetui.model.query import Query
from tests.backends.captures import Capture, query, run_script
from tests.backends.laravel.acts import choose, do

TWO = "jobs failed_jobs crm_jobs crm_failed_jobs crm_job_batches"


def catalog(names: str) -> tuple[StoredTable, ...]:
    """Make a catalog of `name`, `schema.name` (not visible), `name~jobs` for another name and `-name` for what may not be read."""
    tables = []
    for written in names.split():
        name, _, like = written.lstrip("-").partition("~")
        schema, _, plain = name.rpartition(".")
        usual = like or plain
        columns = BATCHES_COLUMNS if usual.endswith("job_batches") else JOBS_COLUMNS
        columns = FAILED_COLUMNS if usual.endswith("failed_jobs") else columns
        stored = {name: StoredColumn(name, "text", nullable=True) for name in columns}
        rights = frozenset[str]() if written.startswith("-") else ALL_RIGHTS
        tables.append(StoredTable(schema or "public", plain, stored, is_visible=not schema, rights=rights))
    return tuple(tables)


def named(found: TableSet | None) -> tuple[str, ...]:
    """Return the names of a set's tables, and `guess` where it is one."""
    assert found is not None
    tables = (found.jobs, found.failed, found.batches)
    return (*("" if one is None else one.written for one in tables), *(["guess"] if found.guess else []))


@pytest.mark.parametrize(
    ("names", "sets"),
    [
        ("jobs failed_jobs job_batches", [("jobs", "failed_jobs", "job_batches")]),
        ("crm_jobs crm_failed_jobs", [("crm_jobs", "crm_failed_jobs", "")]),
        (TWO, [("jobs", "failed_jobs", ""), ("crm_jobs", "crm_failed_jobs", "crm_job_batches")]),
        ("jobs crm_jobs failed_jobs", [("jobs", "failed_jobs", ""), ("crm_jobs", "", "")]),
        ("a_jobs a_failed_jobs b_failed_jobs", [("a_jobs", "a_failed_jobs", ""), ("", "b_failed_jobs", "")]),
        ("jobs crm_failed_jobs", [("jobs", "crm_failed_jobs", "", "guess")]),
        ("work~jobs failed_jobs", [("work", "failed_jobs", "", "guess")]),
        ("a.jobs b.failed_jobs", [("a.jobs", "", ""), ("", "b.failed_jobs", "")]),
        ("a.jobs a.failed_jobs", [("a.jobs", "a.failed_jobs", "")]),
        ("jobs failed_jobs jobs_old~jobs", [("jobs", "failed_jobs", ""), ("jobs_old", "", "")]),
        ("job_batches", []),
    ],
)
def test_tables_of_two_prefixes_or_schemas_are_two_sets(names: str, sets: list[tuple[str, ...]]) -> None:
    """A set is what shares prefix and schema; halves are joined only where there is nothing else, and that is called a guess."""
    assert sorted(map(named, find_sets(catalog(names)))) == sorted(sets)


@pytest.mark.parametrize(
    ("names", "settings", "expected"),
    [
        (TWO, {"jobs_table": "crm_jobs"}, ("crm_jobs", "crm_failed_jobs", "crm_job_batches")),
        (TWO, {"failed_table": "failed_jobs"}, ("jobs", "failed_jobs", "")),
        (TWO, {"jobs_table": "jobs", "failed_table": "crm_failed_jobs"}, ("jobs", "crm_failed_jobs", "")),
        ("jobs b_jobs b_failed_jobs", {"jobs_table": "jobs"}, ("jobs", "", "")),
        (
            "work~jobs failed_jobs",
            {"jobs_table": "work", "failed_table": "failed_jobs"},
            ("work", "failed_jobs", ""),
        ),
        ("jobs failed_jobs jobs_old~jobs", {}, ("jobs", "failed_jobs", "")),
        ("jobs failed_jobs old.jobs", {}, ("jobs", "failed_jobs", "")),
        ("jobs old.jobs old.failed_jobs", {"jobs_table": "old.jobs"}, ("old.jobs", "old.failed_jobs", "")),
        ("a.jobs a.failed_jobs", {}, ("a.jobs", "a.failed_jobs", "")),
        (TWO, {"jobs_table": "failed_jobs"}, NotFound),
        ("-jobs failed_jobs", {}, ("jobs", "failed_jobs", "")),
    ],
)
def test_the_settings_name_a_set_and_else_the_plain_one_is_meant(
    names: str, settings: dict[str, str], expected: tuple[str, ...] | type[Exception]
) -> None:
    """A name takes its own set's other tables, and none of another's; without one the usual names in a schema in sight are meant."""
    read = read_settings({f"laravel.{key}": value for key, value in settings.items()})
    if isinstance(expected, tuple):
        (meant,) = [one for one in meant_sets(catalog(names), read) if settings or one.is_plain] or meant_sets(
            catalog(names), read
        )
        assert named(meant) == expected
    else:
        with pytest.raises(expected):
            meant_sets(catalog(names), read)


def test_two_applications_in_one_database_are_never_mixed(capture: Capture) -> None:
    """Both are listed, neither is opened unnamed, and a retry in one puts the job into its own table."""
    other = ("CREATE TABLE crm_jobs AS SELECT * FROM jobs", "CREATE TABLE crm_failed_jobs AS SELECT * FROM failed_jobs")
    run_script(capture.url, ";\n".join((*other, "DELETE FROM crm_jobs;\n")))
    options = BackendOptions(name="laravel", now=capture.captured_at)
    assert [found.kind for found in discover(capture.url, options)] == ["laravel:jobs", "laravel:crm_jobs"]
    for unnamed in (options, replace(options, kind="laravel")):
        with pytest.raises(BadConfig, match="laravel:crm_jobs"):
            open_backend(capture.url, unnamed)
    backend = open_backend(capture.url, replace(options, kind="laravel:jobs"))
    jobs = len(list(iterate(backend.inspector, Query(), Limits())))
    assert do(backend, Verb.RETRY, choose(backend, "state:failed").ref).outcome is Outcome.DONE
    assert len(list(iterate(backend.inspector, Query(), Limits()))) == jobs
    backend.close()
    assert query(capture.url, "SELECT count(*) FROM crm_jobs") == [(0,)]


def test_a_retry_into_a_guessed_table_is_refused(capture: Capture) -> None:
    """Where jobs and failed_jobs go together by a guess alone, they are shown, and a retry says what to name."""
    query(capture.url, "ALTER TABLE failed_jobs RENAME TO crm_failed_jobs")
    backend = capture.open()
    result = do(backend, Verb.RETRY, choose(backend, "state:failed").ref)
    assert result.outcome is Outcome.SKIPPED
    assert "laravel.failed_table" in result.note
    given = capture.open(jobs_table="jobs", failed_table="crm_failed_jobs")
    assert do(given, Verb.RETRY, choose(given, "state:failed").ref).outcome is Outcome.DONE
