"""Values that no application writes by itself: rows that hold them are shown beside the others, and fail none of them."""

from __future__ import annotations

import json

import pytest

from queuetui.backends.base import iterate
from queuetui.cli.main import run
from queuetui.model.limits import Limits
from queuetui.model.query_parser import parse_query
from queuetui.model.snapshot import Watch
from queuetui.monitor.feed import Feed
from queuetui.tui.present.detail import TAB_NAMES, tab_lines
from tests.backends.captures import Capture, query
from tests.backends.laravel.acts import listed

DEPTH = 100_000
DEEP = {
    "json": "[" * DEPTH,
    "in json": '{"displayName": "Deep", "data": ' + "[" * DEPTH + "]" * DEPTH + "}",
    "php": json.dumps({"displayName": "Deep", "data": {"command": "a:1:{i:0;" * DEPTH}}),
    "digits": json.dumps({"displayName": "Deep", "data": {"command": f'O:1:"J":1:{{s:1:"n";s:5000:"{"9" * 5000}";}}'}}),
    "number": '{"displayName": "Deep", "retryUntil": ' + "9" * 5000 + "}",
    "far": '{"displayName": "Deep", "retryUntil": 1e308, "createdAt": 99999999999999999999, "attempts": -1, "timeout": "x"}',
}
ODD_TIMES = {
    "postgres": ("infinity", "-infinity", "20000-01-01", "4713-01-01 BC"),
    "mysql": ("0000-00-00 00:00:00", "2026-00-00 00:00:00", "9999-12-31 23:59:59"),
    "sqlite": ("", "infinity", "0000-00-00 00:00:00", "99999-01-01", "17"),
}


def looked_at(capture: Capture, most: int = 500) -> list[str]:
    """Look at all jobs in every way that a console does, and return their ids."""
    feed = Feed(capture.open(), Limits())
    picture = feed.poll(Watch())
    assert not picture.problems
    ids: list[str] = []
    for text in ("", "sort:created", "state:failed age>1h", "failed", "payload.a:1", "error~x"):
        found = [job.ref.id for job in iterate(feed._inspector, parse_query(text), Limits())]
        ids = ids or found
    for job_id in ids[:most]:
        detail = feed.open(job_id)
        assert all(tab_lines(name, detail, picture.snapshot.now, ()) for name in TAB_NAMES)
    for line in (("jobs", "--json", "-n", "500"), ("stats",), ("show", ids[0])):
        assert run([*line, "--url", capture.url, "--kind", "laravel"]) == 0
    return ids


def kind_of(capture: Capture) -> str:
    """Return which of the databases it is."""
    return next(kind for kind in ODD_TIMES if capture.url.startswith(kind))


def test_odd_times_of_failures_fail_no_other(capture: Capture, capsys: pytest.CaptureFixture[str]) -> None:
    """Times outside the calendar, MariaDB's zero dates among them: all failed jobs are listed, shown and counted as before."""
    kind = kind_of(capture)
    before = looked_at(capture, 0)
    table = "public.failed_jobs" if kind == "postgres" else "failed_jobs"
    rows = [row[0] for row in query(capture.url, f"SELECT id FROM {table} ORDER BY id")]
    lax = "SET STATEMENT sql_mode = '' FOR " if kind == "mysql" else ""
    for time, row in zip(ODD_TIMES[kind], rows, strict=False):
        query(capture.url, f"{lax}UPDATE {table} SET failed_at = '{time}' WHERE id = {row}")
    assert sorted(looked_at(capture)) == sorted(before), capsys.readouterr().err


def test_a_long_exception_cuts_no_payload(capture: Capture) -> None:
    """Of a failed job whose trace is longer than a page reads, the payload is read whole: its data, its tags, its time of creation."""
    table = "public.failed_jobs" if kind_of(capture) == "postgres" else "failed_jobs"
    for row, payload in query(capture.url, f"SELECT id, payload FROM {table}"):
        more = json.dumps(json.loads(payload) | {"tags": ["tenant:9"], "createdAt": 1_700_000_000})
        stored = more.replace("'", "''").replace("\\", "\\\\" if kind_of(capture) == "mysql" else "\\")
        query(capture.url, f"UPDATE {table} SET payload = '{stored}' WHERE id = {row}")
    before = [(job.data and job.data.raw, job.created_at) for job in listed(capture, "state:failed")]
    lines = "#1 /app/vendor/laravel/framework/src/Illuminate/Queue/Worker.php(439): process()" + 100 * " "
    longer = (
        f"CONCAT(exception, REPEAT('{lines}', 200))" if kind_of(capture) == "mysql" else f"exception || '{lines * 200}'"
    )
    query(capture.url, f"UPDATE {table} SET exception = {longer}")
    after = listed(capture, "state:failed")
    assert [(job.data and job.data.raw, job.created_at) for job in after] == before
    assert {tag.raw for job in after for tag in job.tags} == {"tenant:9"}
    assert all(job.payload_whole for job in after)


@pytest.mark.parametrize("cases", [("json", "php"), ("in json", "digits"), ("number", "far")], ids="-".join)
def test_payloads_that_nest_too_deep_fail_no_other(capture: Capture, cases: tuple[str, ...]) -> None:
    """A hundred thousand levels, or thousands of digits, each in one waiting and one failed job: all jobs are listed and shown."""
    before = looked_at(capture, 0)
    kind = kind_of(capture)
    for name in ("jobs", "failed_jobs"):
        table = f"public.{name}" if kind == "postgres" else name
        rows = [row[0] for row in query(capture.url, f"SELECT id FROM {table} ORDER BY id")]
        for row, case in zip(rows, cases, strict=False):
            payload = DEEP[case].replace("\\", "\\\\") if kind == "mysql" else DEEP[case]
            query(capture.url, f"UPDATE {table} SET payload = '{payload}' WHERE id = {row}")
    # The id of a waiting job is read from its payload.
    assert len(looked_at(capture)) == len(before)
