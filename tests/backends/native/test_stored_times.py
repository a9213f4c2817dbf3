"""Times that were stored by hand and lie outside the calendar: they fail no row around them."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from queuetui.backends.native.sql.backend import SqlBackend
from queuetui.model.clock import EARLIEST, LATEST
from queuetui.model.snapshot import Watch
from tests.backends.native.seeds import Seed
from tests.conformance.scenes import claim_one, ids, select

OUTSIDE = {
    "sqlite": (-(2**62), 2**62),
    "mysql": (-(2**62), 2**62),
    "postgresql": ("-infinity", "infinity"),
    "years": ("4713-01-01 00:00:00+00 BC", "20000-01-01 00:00:00+00"),
}


@pytest.mark.parametrize("written", ["ends", "years"])
def test_times_outside_the_calendar_are_its_ends(backend: SqlBackend, seed: Seed, written: str) -> None:
    """They are listed, sorted, filtered, counted and worked on beside the others."""
    dialect = backend.database.dialect
    if written == "years" and dialect != "postgresql":
        return
    early, late = OUTSIDE[dialect if written == "ends" else written]
    first, last, usual = seed.jobs({}, {}, {})
    with backend.database.writing("writing by hand") as connection:
        for job_id, at in ((first, early), (last, late)):
            place = "id = :id"
            raw = job_id if dialect == "postgresql" else bytes.fromhex(job_id.replace("-", ""))
            statement = f"update queuetui_job set created_at = :at, due_at = :at, updated_at = :at where {place}"
            if dialect == "postgresql":
                statement = statement.replace(":at", "cast(:at as timestamptz)").replace(":id", "cast(:id as uuid)")
            connection.execute(text(statement), {"at": at, "id": raw})
    found = dict(zip(ids(jobs := select(backend)), jobs, strict=True))
    assert (found[first].created_at, found[last].scheduled_at) == (EARLIEST, LATEST)
    assert ids(select(backend, "sort:created")) == [first, usual, last]
    assert ids(select(backend, "age>1d")) == [first]
    assert backend.inspector.get(last).created_at == LATEST
    assert not backend.inspector.snapshot(Watch()).problems
    _, claimed = claim_one(backend, queue="mail")
    assert claimed.id == first
