"""Tables whose ids are no numbers: a uuid, a ulid, bytes. They are listed by time, opened, retried and deleted as others are."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from queuetui.backends.backend import Backend
from queuetui.backends.base import iterate
from queuetui.model.act import Outcome, Verb
from queuetui.model.limits import Limits
from queuetui.model.page import PageRequest
from queuetui.model.query_parser import parse_query
from queuetui.model.snapshot import Part, Watch
from tests.backends.captures import Capture, load_capture, query, run_script
from tests.backends.laravel.acts import choose, do
from tests.backends.laravel.conftest import URL_FIXTURES

_SQLITE_JOBS = (
    "ALTER TABLE jobs RENAME TO old;\nCREATE TABLE jobs (id {type} primary key {default}, queue {names} not null, payload text not null, "
    "attempts integer not null, reserved_at integer, available_at integer not null, created_at integer not null);\n"
    "INSERT INTO jobs SELECT {value}, queue, payload, attempts, reserved_at, available_at, created_at FROM old;\nDROP TABLE old;\n"
)
_SQLITE_FAILED = (
    "ALTER TABLE failed_jobs RENAME TO old;\nCREATE TABLE failed_jobs (id {type} primary key, uuid {uuids}, connection text not null, "
    "queue {names}, payload text not null, exception text not null, failed_at {times} not null);\n"
    "INSERT INTO failed_jobs SELECT {value}, uuid, connection, queue, payload, exception, failed_at FROM old;\nDROP TABLE old;\n"
)
_HASHED = "substr(md5(concat(id, 'x')), 1, 32)"
_USUAL = {"names": "text", "uuids": "text", "times": "datetime"}
# Declared types of SQLite's that say nothing of the values.
_DECLARED = {"names": "varbinary(50)", "uuids": "binary(16)", "times": "timestamp with time zone"}
_UUIDS = _DECLARED | {"uuids": "uuid"}
_BYTES = _USUAL | {"type": "blob", "default": "default (randomblob(16))", "value": "randomblob(16)"}
_TEXTS = _USUAL | {
    "type": "varchar",
    "default": "default (hex(randomblob(13)))",
    "value": "'a.b/' || hex(randomblob(9))",
}

_UNTYPED = _USUAL | {"type": "", "default": "default (abs(random()) % 1000000 + 1000)", "value": "id"}

# Of each table: how its ids become something else than numbers.
ODD_IDS = {
    "sqlite-bytes": _SQLITE_JOBS.format(**_BYTES) + _SQLITE_FAILED.format(**_BYTES),
    "sqlite-declared": _SQLITE_JOBS.format(**_UNTYPED | _DECLARED) + _SQLITE_FAILED.format(**_UNTYPED | _DECLARED),
    "sqlite-uuids": _SQLITE_JOBS.format(**_TEXTS | _UUIDS) + _SQLITE_FAILED.format(**_TEXTS | _UUIDS),
    "sqlite-untyped": _SQLITE_JOBS.format(**_UNTYPED) + _SQLITE_FAILED.format(**_UNTYPED),
    "sqlite-texts": _SQLITE_JOBS.format(**_TEXTS) + _SQLITE_FAILED.format(**_TEXTS),
    "postgres-uuid": "".join(
        f"ALTER TABLE public.{name} ALTER id DROP IDENTITY IF EXISTS;\nALTER TABLE public.{name} ALTER id DROP DEFAULT;\n"
        f"ALTER TABLE public.{name} ALTER id TYPE uuid USING md5(id::text)::uuid;\n"
        f"ALTER TABLE public.{name} ALTER id SET DEFAULT gen_random_uuid();\n"
        for name in ("jobs", "failed_jobs")
    )
    + "ALTER TABLE public.failed_jobs ALTER uuid TYPE uuid USING uuid::uuid;\n",
    "mysql-uuid": "".join(
        f"ALTER TABLE {name} MODIFY id varchar(36) NOT NULL;\nUPDATE {name} SET id = uuid();\n"
        f"ALTER TABLE {name} MODIFY id uuid NOT NULL DEFAULT uuid();\n"
        for name in ("jobs", "failed_jobs")
    ),
    "mysql-bytes": "".join(
        f"ALTER TABLE {name} MODIFY id varbinary(36) NOT NULL;\nUPDATE {name} SET id = unhex({_HASHED});\n"
        f"ALTER TABLE {name} MODIFY id binary(16) NOT NULL DEFAULT (unhex(replace(uuid(), '-', '')));\n"
        for name in ("jobs", "failed_jobs")
    )
    + "ALTER TABLE jobs MODIFY queue varbinary(191) NOT NULL;\nALTER TABLE failed_jobs MODIFY queue varbinary(191) NOT NULL, "
    "MODIFY uuid varbinary(36);\n",
}


@pytest.fixture(params=ODD_IDS)
def odd_capture(request: pytest.FixtureRequest) -> Iterator[Capture]:
    """The capture with ids of one odd kind."""
    scheme = request.param.partition("-")[0]
    store = "mariadb" if scheme == "mysql" else scheme
    loaded = load_capture("laravel", "laravel-db", store, request.getfixturevalue(URL_FIXTURES[store]))
    run_script(loaded.url, ODD_IDS[request.param])
    yield loaded
    loaded.close()


def _all(backend: Backend, text: str) -> list[str]:
    return [job.ref.id for job in iterate(backend.inspector, parse_query(text), Limits())]


def _paged(backend: Backend, text: str) -> list[str]:
    """Return all ids, read four at a time."""
    seen: list[str] = []
    cursor, more = None, True
    while more:
        page = backend.inspector.page(PageRequest(parse_query(text), 4, cursor), Limits())
        seen += [job.ref.id for job in page.jobs]
        cursor, more = page.last, page.has_more
    return seen


def test_odd_ids_are_read_page_by_page(odd_capture: Capture) -> None:
    """Each job is listed once, the newest first, whatever the page's size, sort and direction; each is opened by its id."""
    backend = odd_capture.open()
    listed = _all(backend, "")
    assert sorted(listed) == sorted(odd_capture.stored)
    times = [
        str(job.created_at) for job in iterate(backend.inspector, parse_query("-state:failed sort:-created"), Limits())
    ]
    assert times == sorted(times, reverse=True)
    for sort in ("", "sort:created", "sort:type", "sort:-queue", "sort:completed"):
        assert sorted(_paged(backend, sort)) == sorted(listed)
    for job_id in listed:
        assert backend.inspector.get(job_id).ref.id == job_id
        assert backend.inspector.find(job_id).refs[0].id == job_id
    picture = backend.inspector.snapshot(Watch(parts=frozenset({Part.COUNTS, Part.FAILURES})))
    assert picture.total.value == len(listed)
    assert [job.ref.id for job in picture.failures] == _all(backend, "state:failed")


def test_odd_ids_are_acted_on(odd_capture: Capture) -> None:
    """A failed job is retried and the row that it gets deleted; nothing else changes."""
    backend = odd_capture.open(after_s=60)
    before = _all(backend, "")
    job = choose(backend, "state:failed queue:high")
    retried = do(backend, Verb.RETRY, job.ref)
    assert retried.outcome is Outcome.DONE
    again = choose(backend, f"id:{job.ref.id}")
    assert again.ref.rev == retried.rev_after
    assert do(backend, Verb.DELETE, again.ref).outcome is Outcome.DONE
    assert sorted(_all(backend, "")) == sorted(set(before) - {job.ref.id})


def test_a_row_without_a_uuid_is_named_by_its_odd_id(odd_capture: Capture) -> None:
    """Where no uuid names a job its row does, in characters that can be typed, and what it names is found again."""
    table = "public.failed_jobs" if odd_capture.url.startswith("postgres") else "failed_jobs"
    run_script(odd_capture.url, f"DELETE FROM {table} WHERE queue <> 'high'")
    run_script(odd_capture.url, f"UPDATE {table} SET payload = '{{}}'")
    if not odd_capture.url.startswith("postgres"):
        run_script(odd_capture.url, f"UPDATE {table} SET uuid = ''")
        backend = odd_capture.open()
        (job_id,) = _all(backend, "state:failed")
        assert job_id.startswith("failed-")
        assert job_id.isascii()
        assert job_id.isprintable()
        assert odd_capture.open().inspector.get(job_id).ref.id == job_id
        assert _all(backend, f'id:"{job_id}"') == [job_id]
    assert query(odd_capture.url, f"SELECT count(*) FROM {table}") == [(1,)]
