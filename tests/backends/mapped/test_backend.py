"""How a mapped table is opened: with ways of verbs that the settings choose, and by a file that must be there."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from queuetui.backends.base import BackendOptions
from queuetui.backends.discover import open_backend
from queuetui.model.act import Act, Outcome, Target, Verb
from queuetui.model.errors import BadConfig
from queuetui.model.limits import Limits
from queuetui.model.page import PageRequest
from queuetui.model.query import Query
from tests.backends.captures import FIXTURES, run_script
from tests.backends.mapped.test_shipped import now_of, truth_of


def test_a_way_of_a_verb_is_chosen_by_the_settings(postgres_url: str) -> None:
    """With mapping.way, Prisma's lost run is not counted."""
    run_script(postgres_url, (FIXTURES / "plain-tables" / "dump.prisma.postgres.sql").read_text(encoding="utf-8"))
    truth = truth_of("prisma")
    late = now_of(truth) + timedelta(seconds=301)
    backend = open_backend(postgres_url, BackendOptions("mine", now=late, settings={"mapping.way": "uncounted"}))
    stuck = next(job_id for job_id, job in truth["jobs"].items() if job["state"] == "stuck")
    ref = backend.inspector.get(stuck).ref
    (result,) = backend.operator.apply(Act(Verb.RELEASE, "tester"), [Target(ref)], Limits())
    assert (result.outcome, backend.inspector.get(ref.id).attempts) == (Outcome.DONE, 1)
    backend.close()


def test_times_in_the_future_name_the_setting_of_their_zone(postgres_url: str) -> None:
    """A job that was made two hours after the server's now says so, and which setting names the zone; at the true time none does."""
    run_script(postgres_url, (FIXTURES / "plain-tables" / "dump.prisma.postgres.sql").read_text(encoding="utf-8"))
    for ahead_h in (0, 2):
        now = now_of(truth_of("prisma")) - timedelta(hours=ahead_h)
        backend = open_backend(postgres_url, BackendOptions("mine", now=now))
        page = backend.inspector.page(PageRequest(Query(), 100), Limits())
        remarks = " ".join(remark for job in page.jobs for remark in job.remarks)
        assert ("mapping.zone" in remarks) is bool(ahead_h)
        backend.close()


@pytest.mark.parametrize(
    ("made", "column", "said"),
    [
        ("2026-11-01T02:00:00", '"made"', "mapping.zone"),
        ("2026-11-01T02:00:00Z", '"made"', ""),
        ("2026-11-01T02:00:00+00:00", '"made"', ""),
        ("2026-11-01T02:00:00", '{ column = "made", times = { kind = "iso" } }', ""),
        ("2031-01-01T00:00:00", '"made"', "the server's clock"),
        ("soon", '"made"', ""),
    ],
)
def test_only_a_time_that_the_setting_reaches_names_it(
    sqlite_url: str, tmp_path: Path, made: str, column: str, said: str
) -> None:
    """A time of the future doubts the zone where it names none, is read in that of the setting, and zones can differ so much."""
    run_script(
        sqlite_url,
        "CREATE TABLE work (id integer PRIMARY KEY, kind text, status text, made text);\n"
        f"INSERT INTO work VALUES (1, 'mail', 'new', '{made}');\n",
    )
    file = tmp_path / "work.toml"
    file.write_text(
        'label = "W"\ntable = "work"\nkey = "id"\nstatus = "status"\ntimes = { kind = "iso" }\n[fields]\ntype = "kind"\n'
        f'created = {column}\n[states.pending]\nis = ["new"]\n'
    )
    settings, now = {"mapping": str(file)}, datetime(2026, 11, 1, tzinfo=UTC)
    backend = open_backend(sqlite_url, BackendOptions("mine", now=now, settings=settings))
    (job,) = backend.inspector.page(PageRequest(), Limits()).jobs
    remarks = " ".join(job.remarks)
    assert ("lies in the future" in remarks) is bool(said)
    assert ("mapping.zone" in remarks) is (said == "mapping.zone")
    backend.close()


def test_a_mapping_file_that_cannot_be_read_is_told(sqlite_url: str, tmp_path: Path) -> None:
    """Absent, endless, a pipe at whose other end nobody is, or no name of a file: it is refused with its path."""
    run_script(sqlite_url, "CREATE TABLE one (id INTEGER);\n")
    os.mkfifo(tmp_path / "pipe")
    cases = {"nowhere.toml": "No such file", "/dev/zero": "4 MB", str(tmp_path / "pipe"): "is a pipe", "a\0b": "null"}
    for file, words in cases.items():
        with pytest.raises(BadConfig, match=words) as refused:
            open_backend(sqlite_url, BackendOptions(settings={"mapping": file}))
        assert file in str(refused.value)
