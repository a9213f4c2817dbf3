"""django-q2 on a site with USE_TZ = False: locks are times of a wall clock, which is set forward and back."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from contextlib import closing
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from queuetui.backends.base import BackendOptions
from queuetui.backends.discover import open_backend
from queuetui.backends.payloads.django_signed import DIGITS
from queuetui.backends.reading.zones import changes_of_clock
from queuetui.model.act import Act, Outcome, Target, Verb
from queuetui.model.limits import Limits
from queuetui.model.page import PageRequest
from queuetui.model.query_parser import parse_query
from tests.backends.captures import query

_TABLES = (
    "create table django_q_ormq (id integer primary key, {0}key{0} varchar(100), payload text, {0}lock{0} {1})",
    """create table django_q_task (id varchar(32) primary key, name text, func text, hook text, args text, kwargs text, result text,
    started {1}, stopped {1}, success bool, {0}group{0} text, attempt_count integer, cluster text)""",
)
# {"id": NUMBER, "func": "f"}, as protocol 4 of pickle writes it.
_PICKLE = b"\x80\x04}(\x8c\x02id\x8c\x02%02d\x8c\x04func\x8c\x01fu."


def _package(number: int, signed: datetime) -> str:
    """Return what a client signs at a time; nobody checks the signature."""
    left, digits = int(signed.timestamp()), ""
    while left:
        left, place = divmod(left, len(DIGITS))
        digits = DIGITS[place] + digits
    return f"{urlsafe_b64encode(_PICKLE % number).decode()}:{digits}:{'x' * 43}"


@pytest.mark.parametrize("url_fixture", ["sqlite_url", "mysql_url"])
@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"])
def test_what_was_taken_is_told_by_the_wall_clock(request: pytest.FixtureRequest, url_fixture: str, zone: str) -> None:
    """In each season, and around each change, what a cluster took and lost is stuck once its lock is over, and is released."""
    url = request.getfixturevalue(url_fixture)
    mark, kind = ("`", "datetime(6)") if url.startswith("mysql") else ('"', "datetime")
    for statement in _TABLES:
        query(url, statement.format(mark, kind))
    clock, now = ZoneInfo(zone), datetime(2026, 12, 1, tzinfo=UTC)
    changes = [at for at, _ in changes_of_clock(clock, datetime(2026, 1, 1, tzinfo=UTC), now)]
    times = [datetime(2026, month, 1, tzinfo=UTC) for month in (1, 7, 11)]
    times += [at + timedelta(hours=hours) for at in changes for hours in (-2, 2)]
    for number, signed in enumerate(times):
        for job, locked in ((2 * number, signed), (2 * number + 1, signed + timedelta(seconds=60))):
            wall = locked.astimezone(clock).replace(tzinfo=None).isoformat(" ", "microseconds")
            row = f"({job + 1}, 'q', '{_package(job, signed)}', '{wall}')"
            query(url, f"insert into django_q_ormq values {row}")
    options = BackendOptions(kind="django-q2", now=now, settings={"django-q2.timezone": zone})
    with closing(open_backend(url, options)) as backend:
        found = {
            state: {job.ref.id for job in backend.inspector.page(PageRequest(parse_query(state)), Limits()).jobs}
            for state in ("state:pending", "state:processing", "state:processing is:stuck")
        }
        waiting, taken = ({f"{2 * number + one:02}" for number in range(len(times))} for one in (0, 1))
        assert found == {"state:pending": waiting, "state:processing": taken, "state:processing is:stuck": taken}
        jobs = backend.inspector.page(PageRequest(parse_query("state:processing")), Limits()).jobs
        results = backend.operator.apply(Act(Verb.RELEASE, "tester"), [Target(job.ref) for job in jobs], Limits())
        assert {one.outcome for one in results} == {Outcome.DONE}
        assert not backend.inspector.page(PageRequest(parse_query("state:processing")), Limits()).jobs


def test_the_changes_of_a_clock_are_found_to_the_second() -> None:
    """Each with the offset before it; a zone that knows no summer has none."""
    year = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
    found = [(at.isoformat(), before) for at, before in changes_of_clock(ZoneInfo("Europe/Berlin"), *year)]
    hour = timedelta(hours=1)
    assert found == [("2026-03-29T01:00:00+00:00", hour), ("2026-10-25T01:00:00+00:00", 2 * hour)]
    assert not list(changes_of_clock(ZoneInfo("Asia/Kolkata"), *year))
