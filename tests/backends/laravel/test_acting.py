"""What the Laravel operator changes: exactly one row, or nothing."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest

from queuetui.backends.backend import Backend
from queuetui.backends.base import iterate
from queuetui.backends.sql import console_connection
from queuetui.model.act import RETRY_UNTIL, Act, JobRef, Outcome, Result, Target, Verb
from queuetui.model.limits import Limits
from queuetui.model.query_parser import parse_query
from queuetui.model.snapshot import Part, Watch
from queuetui.model.state import State
from tests.backends.captures import Capture, load_capture, query, sqlite_path
from tests.backends.laravel.acts import choose, do

PHP = Path("/usr/share/php/Illuminate")
PHP_PARTS = ("Queue", "Database", "Bus", "Events")

REFUSE_DELETE = {
    "sqlite": "CREATE TRIGGER refuse BEFORE DELETE ON failed_jobs BEGIN SELECT RAISE(ABORT, 'refused'); END",
    "mysql": "CREATE TRIGGER refuse BEFORE DELETE ON failed_jobs FOR EACH ROW SIGNAL SQLSTATE '45000'",
    "postgresql": (
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'refused'; END $$;"
        "CREATE TRIGGER refuse BEFORE DELETE ON failed_jobs FOR EACH ROW EXECUTE FUNCTION refuse()"
    ),
}


def rows(capture: Capture) -> tuple[list[Any], list[Any]]:
    """Return both tables as they are."""
    jobs = query(
        capture.url, "SELECT id, queue, payload, attempts, reserved_at, available_at, created_at FROM jobs ORDER BY id"
    )
    failed = query(
        capture.url, "SELECT id, uuid, connection, queue, payload, exception, failed_at FROM failed_jobs ORDER BY id"
    )
    return jobs, failed


def test_a_retry_is_what_artisan_writes(capture: Capture) -> None:
    """The failed row goes and one row comes: same queue and payload, no attempts, due and created now; nothing else changes."""
    backend = capture.open(after_s=60)
    job = choose(backend, "state:failed payload.orderId:1001")
    jobs, failed = rows(capture)
    result = do(backend, Verb.RETRY, job.ref)
    jobs_after, failed_after = rows(capture)
    (moved,) = [row for row in failed if row not in failed_after]
    (came,) = [row for row in jobs_after if row not in jobs]
    now_s = capture.truth["captured_at"] + 60
    assert came[1:] == (moved[3], moved[4], 0, None, now_s, now_s)
    assert len(failed_after) == len(failed) - 1
    assert len(jobs_after) == len(jobs) + 1
    assert result.note == ""


def test_a_retry_that_fails_halfway_changes_nothing(capture: Capture) -> None:
    """When the second statement is refused the first is undone: the job is in failed_jobs alone, and the result says why."""
    query(capture.url, REFUSE_DELETE[capture.url.split(":")[0]])
    before = rows(capture)
    backend = capture.open()
    result = do(backend, Verb.RETRY, choose(backend, "state:failed").ref)
    assert result.outcome is Outcome.FAILED
    assert result.note
    assert rows(capture) == before


def test_what_was_there_before_is_kept_whole(capture: Capture) -> None:
    """The result's `before` holds the row with every byte of its texts."""
    backend = capture.open()
    job = choose(backend, "state:failed payload.orderId:1001")
    original = next(row for row in rows(capture)[1] if row[1] == job.ref.id)
    kept = json.loads(do(backend, Verb.DELETE, job.ref).before or "")
    assert [kept[name] for name in ("id", "uuid", "connection", "queue", "payload", "exception")] == list(original[:6])


def test_two_people_retry_once(capture: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two retries of one job at the same moment one does it and the other finds it gone."""
    monkeypatch.setattr(console_connection, "LOCK_TIMEOUT_S", 60.0)
    backends = [capture.open(), capture.open()]
    ref = choose(backends[0], "state:failed").ref
    barrier = threading.Barrier(2)
    results: list[Result] = []

    def retry(backend: Backend) -> None:
        barrier.wait(60)
        results.append(do(backend, Verb.RETRY, ref))

    threads = [threading.Thread(target=retry, args=(backend,)) for backend in backends]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(result.outcome for result in results) == [Outcome.DONE, Outcome.SKIPPED]
    assert [len(table) for table in rows(capture)] == [15, 2]


def test_a_job_that_a_worker_took_is_let_be(capture: Capture) -> None:
    """A job seen waiting and taken since is not deleted or made due, and the result says what it is now."""
    backend = capture.open()
    refs = [choose(backend, f"state:{state}").ref for state in ("pending", "scheduled", "retrying")]
    query(capture.url, f"UPDATE jobs SET reserved_at = {capture.truth['captured_at']}, attempts = attempts + 1")
    before = rows(capture)
    for verb in (Verb.DELETE, Verb.RETRY):
        for ref in refs:
            result = do(backend, verb, ref)
            assert (result.outcome, result.state_now) == (Outcome.SKIPPED, State.PROCESSING)
    assert rows(capture) == before


def test_a_waiting_job_is_made_due(capture: Capture) -> None:
    """Retry lets a delayed and a retrying job run now, with no attempts counted; one that is due already is left."""
    backend = capture.open()
    for state in ("scheduled", "retrying"):
        job = choose(backend, f"state:{state}")
        result = do(backend, Verb.RETRY, job.ref)
        assert (result.outcome, result.state_now) == (Outcome.DONE, State.PENDING)
        now = backend.inspector.get(job.ref.id)
        assert (now.state, now.attempts, now.scheduled_at, now.ref.rev) == (
            State.PENDING,
            0,
            capture.captured_at,
            result.rev_after,
        )
    assert do(backend, Verb.RETRY, choose(backend, "state:pending").ref).outcome is Outcome.SKIPPED


def test_a_stuck_job_is_released(capture: Capture) -> None:
    """Past the limit a reserved job goes back with its lost run not counted, and the person is warned; a second release skips."""
    backend = capture.open(after_s=301)
    job = choose(backend, "is:stuck")
    first, again = (do(backend, Verb.RELEASE, job.ref) for _ in range(2))
    assert (first.outcome, first.state_now) == (Outcome.DONE, State.PENDING)
    assert "twice" in first.note
    assert again.outcome is Outcome.SKIPPED
    released = backend.inspector.get(job.ref.id)
    assert (released.state, released.attempts, released.started_at) == (State.PENDING, 0, None)


def test_the_limit_of_the_profile_guards_release_and_delete(capture: Capture) -> None:
    """A longer limit of the job's own type protects it, whatever the floor says."""
    backend = capture.open(after_s=301)
    ref = choose(backend, "is:stuck").ref
    limits = Limits(per_type_s={"App\\Jobs\\SlowReport": 3600})
    for verb in (Verb.RELEASE, Verb.DELETE):
        result = do(backend, verb, ref, limits)
        assert (result.outcome, result.state_now) == (Outcome.SKIPPED, State.PROCESSING)
        assert "3600" in result.note


def test_a_stuck_job_is_deleted_with_a_warning(capture: Capture) -> None:
    """Past the limit a reserved row is deleted, and the result says that the work itself was not stopped."""
    backend = capture.open(after_s=301)
    job = choose(backend, "is:stuck")
    result = do(backend, Verb.DELETE, job.ref)
    assert result.outcome is Outcome.DONE
    assert "not stopped" in result.note
    assert len(rows(capture)[0]) == 13


def test_a_failure_of_another_connection_is_not_retried(capture: Capture) -> None:
    """A job that failed on Redis stays where it is, with the reason; naming that connection as this one allows it."""
    query(capture.url, "UPDATE failed_jobs SET connection = 'redis'")
    backend = capture.open()
    job = choose(backend, "state:failed")
    refused = do(backend, Verb.RETRY, job.ref)
    assert (refused.outcome, refused.state_now) == (Outcome.SKIPPED, State.FAILED)
    assert "redis" in refused.note
    assert any("redis" in remark for remark in job.remarks)
    allowed = capture.open(connections="database, redis")
    assert do(allowed, Verb.RETRY, job.ref).outcome is Outcome.DONE


def test_a_retry_past_its_own_deadline_is_told(capture: Capture) -> None:
    """A job whose retryUntil is past is retried, and the result says that a worker will fail it at once."""
    query(capture.url, """UPDATE failed_jobs SET payload = '{"displayName":"Late","retryUntil":1000}' WHERE id = 1""")
    backend = capture.open()
    result = do(backend, Verb.RETRY, choose(backend, "type:Late").ref)
    assert result.outcome is Outcome.DONE
    assert "retryUntil" in result.note


@pytest.mark.parametrize("name", ["retryUntil", "timeoutAt"])
def test_a_retry_writes_another_deadline_when_asked(capture: Capture, name: str) -> None:
    """A deadline that is past is put off or cleared in failed, waiting and stuck jobs; no other byte of the payload changes.

    Before Laravel 8 it has another name.
    """
    payload = f'{{"displayName":"Late","maxTries":1,"{name}":1000,"data":{{"n":"retryUntil"}}}}'
    query(capture.url, f"UPDATE failed_jobs SET payload = '{payload}'")
    query(capture.url, f"UPDATE jobs SET payload = '{payload}'")
    backend = capture.open(after_s=301)
    now_s = capture.truth["captured_at"] + 301
    for asked, verb, until, text in (
        ("state:pending", Verb.RETRY, "none", "null"),
        ("is:stuck", Verb.RELEASE, "60", str(now_s + 60)),
        ("state:failed", Verb.RETRY, "3600", str(now_s + 3600)),
    ):
        job = choose(backend, asked + " type:Late")
        assert job.expired_at is not None
        act = Act(verb, "tester", args={RETRY_UNTIL: until})
        (result,) = backend.operator.apply(act, [Target(job.ref)], Limits())
        assert (result.outcome, "retryUntil" in result.note) == (Outcome.DONE, False)
        _, (row_id,), _ = json.loads(result.rev_after or "")
        assert query(capture.url, f"SELECT payload FROM jobs WHERE id = {row_id}") == [(payload.replace("1000", text),)]


def test_cancel_takes_the_row_out(capture: Capture) -> None:
    """Cancel removes a waiting row as the framework's own delete does, a taken one past its limit only, and no failed one."""
    backend = capture.open(after_s=60)
    waiting, failed = rows(capture)
    for state in ("pending", "scheduled", "retrying"):
        result = do(backend, Verb.CANCEL, choose(backend, f"state:{state}").ref)
        assert (result.outcome, result.state_now) == (Outcome.DONE, None)
    held = choose(backend, "state:processing").ref
    assert do(backend, Verb.CANCEL, held).outcome is Outcome.SKIPPED
    assert do(backend, Verb.CANCEL, choose(backend, "state:failed").ref).outcome is Outcome.SKIPPED
    assert do(capture.open(after_s=301), Verb.CANCEL, held).outcome is Outcome.DONE
    assert (len(rows(capture)[0]), rows(capture)[1]) == (len(waiting) - 4, failed)


@pytest.mark.parametrize("name", ["retryUntil", "timeoutAt"])
def test_a_waiting_job_without_an_attempt_left_is_stuck(capture: Capture, name: str) -> None:
    """It is counted and found as stuck; one with a deadline counts no attempts, and one with attempts left waits.

    What its data has under these names tells nothing.
    """
    made = "UPDATE jobs SET reserved_at = NULL, attempts = {}, payload = '{}' WHERE id = {}"
    ids = [row[0] for row in rows(capture)[0]][:8]
    query(capture.url, f"DELETE FROM jobs WHERE id > {ids[7]}")
    for row_id, (attempts, allowed, until, data) in zip(
        ids,
        (
            (3, "3", '"timeoutAt":null', '"data":{}'),
            (3, "3", f'"{name}":null', '"data":{"timeoutAt":5,"retryUntil":5}'),
            (3, "30", '"retryUntil":null', '"data":{}'),
            (3, "3", f'"{name}":9999999999', '"data":{}'),
            (3, "3", f'"{name}":9999999999', '"data":{"timeoutAt":null,"retryUntil":null}'),
            (3, "3", f'"data":{{"{name}":null}}', f'"{name}":9999999999'),
            (3, "null", '"retryUntil":null', '"data":{"maxTries":3,"more":1}'),
            (0, "1", '"retryUntil":null', '"data":{}'),
        ),
        strict=True,
    ):
        payload = f'{{"displayName":"J{row_id}","maxTries":{allowed},{until},{data}}}'
        query(capture.url, made.format(attempts, payload, row_id))
    backend = capture.open()
    stuck = list(iterate(backend.inspector, parse_query("is:stuck"), Limits()))
    assert sorted(job.type.raw for job in stuck) == sorted(f"J{row_id}" for row_id in ids[:2])
    assert backend.inspector.snapshot(Watch(parts=frozenset({Part.COUNTS}))).stuck.value == 2


def test_a_revision_from_elsewhere_is_refused(capture: Capture) -> None:
    """A ref that this backend did not make, or whose row is gone, changes nothing."""
    before = rows(capture)
    backend = capture.open()
    for rev in ("", "1", '["job", ["x"], "y"]', '["failed", 1]', '["jobs", [1], "2"]'):
        assert do(backend, Verb.DELETE, JobRef("laravel", "x", rev)).outcome is Outcome.FAILED
    for rev in ('["job", [9999], "a"]', '["failed", [9999], "a"]', '["failed", [1], "a"]'):
        assert do(backend, Verb.DELETE, JobRef("laravel", "x", rev)).outcome is Outcome.SKIPPED
    assert rows(capture) == before


def test_all_failed_jobs_are_cleared_in_one_act(capture: Capture) -> None:
    """Deleting every failed job empties failed_jobs and nothing else."""
    backend = capture.open()
    refs = [job.ref for job in iterate(backend.inspector, parse_query("state:failed"), Limits())]
    results = backend.operator.apply(Act(Verb.DELETE, "tester"), list(map(Target, refs)), Limits())
    assert [(result.ref, result.outcome) for result in results] == [(ref, Outcome.DONE) for ref in refs]
    assert [len(table) for table in rows(capture)] == [14, 0]


@pytest.mark.skipif(
    shutil.which("php") is None or not all((PHP / part / "autoload.php").exists() for part in PHP_PARTS),
    reason="php or the framework's queue library is not installed (Debian: php-cli php-sqlite3 php-illuminate-queue)",
)
def test_the_frameworks_own_worker_runs_a_retried_job(sqlite_url: str, tmp_path: Path) -> None:
    """A job retried here is taken and run by the real worker with its properties intact, and its row is gone."""
    capture = load_capture("laravel", "laravel-db", "sqlite", sqlite_url)
    query(sqlite_url, "DELETE FROM jobs")
    backend = capture.open(after_s=-3600 * 24 * 365 * 10)
    job = choose(backend, "state:failed payload.orderId:1001")
    assert do(backend, Verb.RETRY, job.ref).outcome is Outcome.DONE
    capture.close()
    log = tmp_path / "ran.log"
    worker = Path(__file__).with_name("worker.php")
    command = ["php", str(worker), sqlite_path(sqlite_url), "default", str(log)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert log.read_text() == "ran 1001 2599\n", ended.stderr
    assert query(sqlite_url, "SELECT count(*) FROM jobs") == [(0,)]
