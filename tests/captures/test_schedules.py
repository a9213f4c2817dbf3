"""The schedules that a product's store keeps are listed as it keeps them, and cannot be changed."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from functools import partial

from sqlalchemy import StaticPool, create_engine

from queuetui.backends.schedules import ScheduleStore
from queuetui.backends.sql.catalog import StoredColumn, StoredTable
from queuetui.backends.tables.schedule_rows import find_schedules
from queuetui.backends.tables.source import Field
from queuetui.model.act import Verb
from queuetui.model.schedule import KeptSchedule
from tests.backends.captures import FIXTURES, Capture, query
from tests.captures.conftest import Folder


def MEANT(folder: Folder) -> bool:  # noqa: N802 - read by conftest
    """Tell whether schedules of a capture are known: of those beside the tests alone."""
    return folder.path.parent == FIXTURES and _title(folder) in folder.expectation.schedules


def test_schedules_are_listed_as_they_are_stored(folder: Folder, fresh: Capture) -> None:
    """Name, type, queue, when, the next slot, the last one with its job; the verbs are absent with a reason."""
    if folder.expectation.scheduling:
        query(fresh.url, folder.expectation.scheduling)
    backend = fresh.open()
    assert backend.schedules is not None
    reading = backend.schedules.schedules()
    assert reading.kept == folder.expectation.schedules[_title(folder)]
    capabilities = backend.inspector.capabilities
    assert capabilities.schedules
    assert not isinstance(backend.schedules, ScheduleStore)
    assert all(capabilities.why_not(verb) for verb in (Verb.SCHEDULE, Verb.UNSCHEDULE, Verb.RUN))


def test_what_stands_in_a_column_that_another_version_lacks_is_not_known() -> None:
    """A schedule's other columns are read; nothing is raised where the store is looked through for systems."""
    columns = {name: StoredColumn(name, "text", nullable=True) for name in ("name", "task")}
    find = partial(find_schedules, StoredTable(None, "kept", columns), "sqlite")
    with closing(sqlite3.connect(":memory:")) as store:
        store.execute("create table kept (name text, task text)")
        store.execute("insert into kept values ('nightly', 'app.clean')")
        store.commit()
        engine = create_engine("sqlite://", creator=lambda: store, poolclass=StaticPool)
        read = find(name="name", type="task", timing=lambda at: Field(at.cron), queue="queue")
        assert read is not None
        with engine.connect() as connection:
            assert read(connection) == (KeptSchedule("nightly", "app.clean"),)
    assert find(name="name", type=lambda at: Field(at.func)) is None


def _title(folder: Folder) -> str:
    return f"{folder.path.name}-{folder.name}"
