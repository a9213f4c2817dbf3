"""Laravel's Redis queue: several on a server, and a retry that spans Redis and the database of failed jobs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import redis

from queuetui.backends.backend import Backend
from queuetui.backends.base import BackendOptions, iterate
from queuetui.backends.discover import discover, open_backend
from queuetui.backends.foreign.laravel.redis_keys import write_again
from queuetui.model.act import KEEP, NO_DEADLINE, Outcome, Verb
from queuetui.model.errors import BadConfig, QueueTuiError
from queuetui.model.limits import Limits
from queuetui.model.measured import Exactness
from queuetui.model.page import PageRequest
from queuetui.model.query_parser import parse_query
from queuetui.model.snapshot import Watch
from queuetui.model.state import State
from queuetui.model.urls import BESIDE
from queuetui.operate.manifest import make_manifest
from tests.backends.captures import FIXTURES, query, run_script, sqlite_path
from tests.backends.laravel.acts import choose, do
from tests.captures.stores import STORES

_FOLDER = FIXTURES / "laravel-redis"
_PREFIX = "qtlive_database_"
# A row that a constraint holds, which PostgreSQL looks at when the transaction ends.
_HELD = """
update failed_jobs set connection = 'redis';
create table audit (failed_id bigint references failed_jobs (id) deferrable initially deferred);
insert into audit select id from failed_jobs;
"""
_NEXT_FAILED = "state:failed queue:high"


@pytest.fixture
def database(tmp_path: Path) -> str:
    """The database of the failed jobs."""
    url = f"sqlite:///{tmp_path / 'failed.db'}"
    run_script(url, (_FOLDER / "failed.sqlite.sql").read_text(encoding="utf-8"))
    return url


@pytest.fixture
def client(redis_url: str) -> Iterator[Any]:
    """A plain client of the capture's Redis."""
    STORES["keys.jsonl"].load(_FOLDER / "keys.jsonl", redis_url)
    with redis.Redis.from_url(redis_url) as plain:
        yield plain


@pytest.fixture
def backend(client: Any, redis_url: str, database: str) -> Iterator[Backend]:
    """Both halves as one queue."""
    opened = open_backend(f"{redis_url}?{BESIDE}={database}", BackendOptions())
    yield opened
    opened.close()


def test_a_message_is_written_as_php_writes_it(client: Any) -> None:
    """Written with another count and back again, each message that PHP wrote has its own bytes; a deadline is put off or cleared."""
    messages = [one for name in ("default", "high") for one in client.lrange(f"{_PREFIX}queues:{name}", 0, -1)]
    assert len(messages) == 10
    for message in messages:
        other = write_again(message, 7, KEEP, 0)
        assert isinstance(other, bytes)
        assert json.loads(other)["attempts"] == 7
        assert write_again(other, 0, KEEP, 0) == message
    put_off, cleared = (write_again(messages[0], 0, wanted, 1000) for wanted in ("60", NO_DEADLINE))
    assert isinstance(put_off, bytes)
    assert isinstance(cleared, bytes)
    assert (json.loads(put_off)["retryUntil"], json.loads(cleared)["retryUntil"]) == (1060, None)
    assert isinstance(write_again(b'["no object"]', 0, KEEP, 0), str)


def test_a_retry_pushes_and_rings(backend: Backend, client: Any, database: str) -> None:
    """A failed job's message is the last of its list, once, the bell is rung once, and its row is gone."""
    job, bells = choose(backend, _NEXT_FAILED), client.llen(f"{_PREFIX}queues:high:notify")
    assert do(backend, Verb.RETRY, job.ref).outcome is Outcome.DONE
    pushed = client.lrange(f"{_PREFIX}queues:high", -1, -1)[0]
    assert (json.loads(pushed)["uuid"], json.loads(pushed)["attempts"]) == (job.ref.id, 0)
    assert client.llen(f"{_PREFIX}queues:high:notify") == bells + 1
    assert query(database, f"select 1 from failed_jobs where uuid = '{job.ref.id}'") == []


@pytest.mark.parametrize(("deed", "attempts"), [("process", 2), ("markJobAsFailedIfAlreadyExceedsMaxAttempts", 1)])
def test_a_job_that_is_given_up_before_a_run_had_none(
    client: Any, redis_url: str, database: str, deed: str, attempts: int
) -> None:
    """Its message counts the runs before it was taken last, and the trace tells whether it then ran."""
    exception = (
        f"App\\Boom: x in /srv/Job.php:3\nStack trace:\n#0 /srv/Worker.php(417): Illuminate\\Queue\\Worker->{deed}()"
    )
    query(database, f"update failed_jobs set payload = json_set(payload, '$.attempts', 1), exception = '{exception}'")
    with closing(open_backend(f"{redis_url}?{BESIDE}={database}", BackendOptions())) as backend:
        jobs = backend.inspector.page(PageRequest(parse_query("state:failed")), Limits()).jobs
    assert {job.attempts for job in jobs} == {attempts}


def test_a_row_stays_where_redis_refuses(backend: Backend, client: Any, database: str) -> None:
    """Where another kind of value stands in the way in Redis, the job is left as it was, with the reason."""
    client.delete(f"{_PREFIX}queues:high:notify")
    client.set(f"{_PREFIX}queues:high:notify", "not a list")
    before = (client.lrange(f"{_PREFIX}queues:high", 0, -1), query(database, "select * from failed_jobs"))
    result = do(backend, Verb.RETRY, choose(backend, _NEXT_FAILED).ref)
    assert (result.outcome, "another kind of value" in result.note) == (Outcome.SKIPPED, True)
    assert (client.lrange(f"{_PREFIX}queues:high", 0, -1), query(database, "select * from failed_jobs")) == before


def test_a_retry_that_the_database_does_not_keep_is_finished_by_the_next(redis_url: str, postgres_url: str) -> None:
    """Where the row cannot go in the end the answer says half done; a second retry pushes nothing again and takes the row away."""
    run_script(postgres_url, (FIXTURES / "laravel-db" / "dump.postgres.sql").read_text(encoding="utf-8"))
    run_script(postgres_url, _HELD)
    with redis.Redis.from_url(redis_url) as client:
        opened = open_backend(
            f"{redis_url}?{BESIDE}={postgres_url}", BackendOptions(settings={"laravel.prefix": "shop_"})
        )
        job = choose(opened, "state:failed")
        first = do(opened, Verb.RETRY, job.ref)
        assert (first.outcome, "half done" in first.note) == (Outcome.UNKNOWN, True)
        pushed = f"shop_queues:{job.queue.raw}"
        assert client.llen(pushed) == 1
        query(postgres_url, "delete from audit")
        again = next(
            one for one in iterate(opened.inspector, parse_query("state:failed"), Limits()) if one.ref == job.ref
        )
        assert do(opened, Verb.RETRY, again.ref).outcome is Outcome.DONE
        assert client.llen(pushed) == 1
        assert query(postgres_url, f"select 1 from failed_jobs where uuid = '{job.ref.id}'") == []
        opened.close()


def test_the_queue_is_shown_while_the_database_is_away(backend: Backend, database: str) -> None:
    """What only the database tells is absent with the reason, and all else is shown."""
    query(database, "alter table failed_jobs rename to away")
    picture = backend.inspector.snapshot(Watch(page=PageRequest(parse_query("state:pending"))))
    assert "failed jobs" in picture.problems
    assert picture.counts[State.FAILED].exactness is Exactness.ABSENT
    assert (picture.counts[State.PENDING].value, picture.page is not None) == (10, True)


def test_a_waiting_job_is_found_while_the_database_cannot_be_read(backend: Backend, database: str) -> None:
    """What is in Redis is found by its id; of what is not there it is told that the database could not be asked."""
    waiting, failed = choose(backend, "state:pending").ref.id, choose(backend, _NEXT_FAILED).ref.id
    Path(sqlite_path(database)).write_bytes(b"no database at all" * 400)
    inspector = backend.inspector
    assert inspector.get(waiting).ref.id == waiting
    assert [one.ref.id for one in inspector.get_many([waiting])] == [waiting]
    assert [ref.id for ref in inspector.find(waiting[-12:]).refs] == [waiting]
    for ask in (inspector.get, inspector.find, lambda one: inspector.get_many([one])):
        with pytest.raises(QueueTuiError, match="database"):
            ask(failed)


def test_each_prefix_is_a_queue(client: Any, redis_url: str, database: str) -> None:
    """Two applications are told apart, and the database of failed jobs is joined with the one that is named."""
    for key in client.keys(f"{_PREFIX}*"):
        client.copy(key, key.replace(_PREFIX.encode(), b"other_"))
    client.delete("other_queues:high")
    found = {one.kind: one.jobs.value for one in discover(redis_url, BackendOptions()) if one.jobs is not None}
    assert found == {f"laravel-redis:{_PREFIX}": 14, "laravel-redis:other_": 12}
    joined = f"{redis_url}?{BESIDE}={database}"
    with pytest.raises(BadConfig):
        open_backend(joined, BackendOptions())
    opened = open_backend(joined, BackendOptions(kind="laravel-redis:other_"))
    assert opened.inspector.snapshot(Watch()).total.value == 15
    opened.close()


def test_an_idle_application_is_there_by_its_name(redis_url: str, database: str) -> None:
    """Of an application without any key the failed jobs are shown and retried once its prefix is named."""
    url = f"{redis_url}?{BESIDE}={database}"
    assert discover(url, BackendOptions()) == ()
    opened = open_backend(url, BackendOptions(settings={"laravel.prefix": "shop_"}))
    assert do(opened, Verb.RETRY, choose(opened, _NEXT_FAILED).ref).outcome is Outcome.DONE
    with redis.Redis.from_url(redis_url) as plain:
        assert plain.llen("shop_queues:high") == 1
    opened.close()


def test_without_the_database_it_is_said_where_failed_jobs_are(client: Any, redis_url: str) -> None:
    """A search for failed jobs in Redis alone tells how to name the database."""
    opened = open_backend(redis_url, BackendOptions())
    page = opened.inspector.page(PageRequest(parse_query("state:failed")), Limits())
    assert (page.jobs, [f"?{BESIDE}=" in note for note in page.notes]) == ((), [True])
    assert f"?{BESIDE}=" in opened.inspector.snapshot(Watch()).counts[State.FAILED].why
    opened.close()


def test_a_job_whose_attempts_are_used_up_is_stuck_until_it_is_retried(client: Any, redis_url: str) -> None:
    """What waits with no attempt left is found as stuck; a retry gives it its attempts anew, and what waits in its turn is left alone."""
    key = f"{_PREFIX}queues:high"
    used_up = json.loads(client.lindex(key, 0)) | {
        "uuid": "9" * 8 + "-9999-9999-9999-" + "9" * 12,
        "maxTries": 2,
        "attempts": 2,
    }
    client.lpush(key, json.dumps(used_up))
    opened = open_backend(redis_url, BackendOptions())
    job = choose(opened, "is:stuck state:pending")
    assert job.ref.id == used_up["uuid"]
    assert do(opened, Verb.RETRY, choose(opened, "state:pending queue:default").ref).outcome is Outcome.SKIPPED
    manifest = make_manifest(Verb.RETRY, [job], opened.inspector.capabilities)
    assert [ref.id for ref in manifest.refs] == [job.ref.id]
    assert do(opened, Verb.RETRY, job.ref).outcome is Outcome.DONE
    assert opened.inspector.get(job.ref.id).attempts == 0
    opened.close()
