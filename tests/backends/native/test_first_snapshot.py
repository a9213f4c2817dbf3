"""The snapshot that a console starts with, read by blocks, is the one that SQLAlchemy puts together."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from queuetui.backends.base import BackendOptions
from queuetui.backends.native.sql.backend import SqlBackend, open_backend
from queuetui.backends.native.sql.blocks import load_blocks
from queuetui.backends.native.sql.look import sums
from queuetui.backends.native.sql.look.inspector import SqlInspector
from queuetui.backends.native.sql.look.quick_inspector import QuickInspector
from queuetui.backends.native.sql.session import Session
from queuetui.model.act import Act, Verb
from queuetui.model.alarm_limits import AlarmLimits
from queuetui.model.limits import Limits
from queuetui.model.page import PageRequest
from queuetui.model.query_parser import parse_query
from queuetui.model.snapshot import Part, Watch
from queuetui.model.state import State
from tests.backends.native.seeds import Seed

EVERYTHING = Watch(page=PageRequest(), parts=frozenset(Part) - {Part.FAILURES})
LOADS = """
import sys
from pathlib import Path
from queuetui.cli.store_places import find_in
from queuetui.config.profile import Profile
from queuetui.model.page import PageRequest
from queuetui.model.snapshot import Part, Watch
feed = find_in(Profile("it", sys.argv[1]))[0].open(asked="admin", state=Path(sys.argv[2])).feed
assert feed.poll(Watch(page=PageRequest(), parts=frozenset({Part.COUNTS}))).snapshot.page.jobs
feed.capabilities
feed.listen(lambda: None)
workers = {"queuetui.backends.native.sql.worker.step", "queuetui.backends.native.sql.worker.store"}
print(sorted(workers & {*sys.modules}), end="")
print(sorted({name.partition(".")[0] for name in sys.modules} & {"sqlalchemy", "psycopg", "redis", "pymysql"}))
"""


@pytest.fixture(params=["sqlite", "postgres", "mysql"])
def url(request: pytest.FixtureRequest) -> str:
    """A database with our tables and no row."""
    found: str = request.getfixturevalue(f"migrated_{request.param}_url")
    return found


@pytest.fixture
def backend(url: str) -> Iterator[SqlBackend]:
    """A queue without rows, judged at one time."""
    opened = open_backend(url, BackendOptions(name="here", create=True, now=datetime.now(UTC)))
    yield opened
    opened.close()


def quick_inspector(backend: SqlBackend) -> QuickInspector:
    """Return what reads by blocks."""
    return QuickInspector(backend.database)


def assert_alike(backend: SqlBackend, watch: Watch = EVERYTHING) -> None:
    """Take the snapshot both ways."""
    quick = quick_inspector(backend).quick_snapshot(watch)
    assert quick is not None
    assert quick == SqlInspector(backend.database).snapshot(watch)


def fill(backend: SqlBackend) -> Seed:
    """Store jobs in every state, stuck ones, large ones, workers alive and silent, and a queue that is paused."""
    seed = Seed(backend.database, backend.database.options.now or datetime.now(UTC))
    leases = seed.lease("w", "mail", 30), seed.lease("w", "mail", -30)
    for lease_id in leases:
        seed.job(
            state=State.PROCESSING, worker_id="w", lease_id=lease_id, claimed_at=seed.ago(5), started_at=seed.ago(4)
        )
    seed.job(state=State.PROCESSING, worker_id="w", lease_id=leases[0], claimed_at=seed.ago(900))
    for number, state in enumerate(state for state in State if state not in {State.BLOCKED, State.PROCESSING}):
        kept = {"done_at": seed.ago(number)} if state in {State.COMPLETED, State.FAILED, State.CANCELLED} else {}
        for queue, due_s in (("mail", 10), ("unheard", 900), ("later", -60)):
            error = {"error_class": "Boom", "error_message": "x" * 9000, "error_traceback": "y"} if number % 2 else {}
            seed.job(state=state, queue=queue, due_at=seed.ago(due_s), priority=number, tags=["a"], **kept, **error)
    seed.worker("w", ["mail"])
    backend.operator.apply_to_queue(Act(Verb.PAUSE, "someone"), "later")
    return seed


def test_an_empty_queue_looks_alike(backend: SqlBackend) -> None:
    """Nothing is nothing either way."""
    assert_alike(backend)


def test_every_kind_of_row_looks_alike(backend: SqlBackend) -> None:
    """Each state, stuck jobs, silent leases, long texts, workers and a paused queue; also for the views without a page."""
    fill(backend)
    assert_alike(backend)
    assert_alike(backend, replace(EVERYTHING, page=None))
    assert_alike(backend, replace(EVERYTHING, parts=frozenset({Part.QUEUES, Part.WORKERS})))
    assert_alike(backend, replace(EVERYTHING, limits=Limits(stuck_after_s=1)))


def test_a_full_page_goes_on_alike(backend: SqlBackend) -> None:
    """The cursor of a page that the blocks read leads on to the next one."""
    fill(backend)
    assert_alike(backend, replace(EVERYTHING, page=PageRequest(limit=4)))


def test_what_is_beyond_the_blocks_is_left_to_the_other_way(
    backend: SqlBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Filters, limits of single queues, and more than is counted."""
    fill(backend)
    look = quick_inspector(backend).quick_snapshot
    assert look(replace(EVERYTHING, page=PageRequest(parse_query("is:stuck")))) is None
    assert look(replace(EVERYTHING, limits=Limits(per_queue_s={"mail": 1}))) is None
    assert look(replace(EVERYTHING, exact=True)) is None
    monkeypatch.setattr(sums, "COUNT_CAP", 1)
    monkeypatch.setattr(sums, "LEAST_CAP", 1)
    few = replace(EVERYTHING, limits=Limits(alarms=AlarmLimits(depth=0, dead_letters=0)))
    assert look(few) is None
    assert backend.inspector.snapshot(few).problems == {}


def test_no_block_of_the_picture_sorts_or_scans_the_jobs(backend: SqlBackend) -> None:
    """Each statement goes through an index, or walks along the ids until its limit."""
    now = datetime.now(UTC)
    texts = {"names": '["mail"]', "name": "mail", "after": ""}
    dialect = backend.database.dialect
    blocks = {name: text for name, text in load_blocks(dialect).items() if name.startswith("snapshot_")}
    assert len(blocks) > 8
    explain = {"sqlite": "explain query plan", "postgresql": "explain", "mysql": "explain"}[dialect]

    def read_plans(session: Session) -> dict[str, list[str]]:
        moments = dict.fromkeys(("at", "late", "since"), session.moment_in(now))
        values = session.bound(moments | texts | dict.fromkeys(("most", "head", "above"), 100))
        session.row("snapshot_clock")
        return {
            name: [" ".join(map(str, row)) for row in session.execute(f"{explain} {statement}", values)]
            for name, statement in blocks.items()
        }

    for name, steps in backend.database.picture("explaining", read_plans).items():
        plan = "\n".join(steps)
        walks = name in {"snapshot_page", "snapshot_total"}
        assert not re.search(r"SCAN queuetui_job(_done)?$", plan, re.MULTILINE) or walks, (name, steps)
        assert not re.search(r"Seq Scan on queuetui_job|Bitmap", plan), (name, steps)
        assert not re.search(r"queuetui_job(_done)? ALL ", plan), (name, steps)
        if name == "snapshot_page" and dialect == "sqlite":
            # Only what the limit has left is sorted.
            assert "MERGE" in steps[1], steps


def test_the_first_picture_loads_no_driver_but_its_own(backend: SqlBackend, url: str, tmp_path: Path) -> None:
    """A console shows its first rows, and listens for more, before SQLAlchemy is loaded, and without what workers do."""
    fill(backend)
    program = [sys.executable, "-c", LOADS, url, str(tmp_path)]
    answer = subprocess.run(program, capture_output=True, text=True, check=False)
    drivers = {"postgresql": ["psycopg"], "mysql": ["pymysql"]}.get(backend.database.dialect, [])
    assert (answer.stdout.strip(), answer.stderr) == (f"[]{drivers}", "")
