"""The shipped mappings over the captures of three models, and over tables made as their applications describe them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from queuetui.backends.base import BackendOptions
from queuetui.backends.discover import open_backend
from queuetui.backends.foreign.mapped.discovery import find
from queuetui.backends.foreign.mapped.names import SHIPPED
from queuetui.backends.foreign.mapped.products import read_shipped
from queuetui.model.act import Verb
from queuetui.model.limits import Limits
from queuetui.model.state import State
from queuetui.operate.authority import Authority
from queuetui.operate.journal import Journal
from queuetui.operate.operations import Operations
from queuetui.operate.rights import Right
from tests.backends.captures import FIXTURES, STATE_OF_WORD, query, run_script
from tests.backends.mapped.reading import act, catalog_of, product_of, see

_FOLDER = FIXTURES / "plain-tables"
CAPTURES = {
    "phalcon": ("mysql", "dump.phalcon.mariadb.sql", "truth.phalcon.json"),
    "prisma": ("postgres", "dump.prisma.postgres.sql", "truth.prisma.json"),
    "rust-platform": ("postgres", "dump.rust.postgres.sql", "truth.rust.json"),
}
ROWS = {"phalcon": "SELECT * FROM jobs", "prisma": 'SELECT * FROM "JobQueue"', "rust-platform": "SELECT * FROM jobs"}


@pytest.fixture(params=SHIPPED)
def capture(request: pytest.FixtureRequest) -> tuple[str, str, dict[str, Any]]:
    """Load one capture into a database of its own: its kind, its URL and its truth."""
    store, dump, _ = CAPTURES[request.param]
    url = request.getfixturevalue(f"{store}_url")
    run_script(url, Path(_FOLDER / dump).read_text(encoding="utf-8"))
    return request.param, url, truth_of(request.param)


def truth_of(kind: str) -> dict[str, Any]:
    """Return what is true of a capture."""
    read: dict[str, Any] = json.loads((_FOLDER / CAPTURES[kind][2]).read_text(encoding="utf-8"))
    return read


def now_of(truth: dict[str, Any]) -> datetime:
    """Return the time that a capture is judged by."""
    return datetime.fromtimestamp(truth["captured_at"] + 1, UTC)


def test_states_attempts_and_errors_are_true(capture: tuple[str, str, dict[str, Any]]) -> None:
    """Each row is in its true state with its attempts, priority and error; past the limit exactly the truth's stuck job is stuck."""
    kind, url, truth = capture
    before = query(url, ROWS[kind])
    product = product_of(url, kind)
    seen = see(url, product, now_of(truth))
    assert {job_id: row.state for job_id, row in seen.items()} == {
        job_id: STATE_OF_WORD[job["state"]] for job_id, job in truth["jobs"].items()
    }
    for job_id, job in truth["jobs"].items():
        fields = seen[job_id].fields
        assert (fields.get("attempts") or 0, fields["type"]) == (
            job.get("attempts", 0),
            job.get("type", job.get("name")),
        )
        assert fields.get("priority") == job.get("priority")
        if job["state"] == "failed":
            assert str(seen[job_id].texts["error"]).startswith("bad record")
    assert not any(row.stuck for row in seen.values())
    late = see(url, product, now_of(truth) + timedelta(seconds=301))
    assert {job_id for job_id, row in late.items() if row.stuck} == {
        job_id for job_id, job in truth["jobs"].items() if job["state"] == "stuck"
    }
    assert query(url, ROWS[kind]) == before


def test_each_capture_is_recognised_as_what_it_is(capture: tuple[str, str, dict[str, Any]]) -> None:
    """Of the shipped mappings that one alone fits whose table it is."""
    kind, url, _ = capture
    assert [found.kind for found in find(catalog_of(url), url, BackendOptions())] == [f"mapped:{kind}"]


def test_a_verb_acts_once_and_is_refused_the_second_time(capture: tuple[str, str, dict[str, Any]]) -> None:
    """A failed job is retried into pending with no attempts; then nothing is declared for a pending job, and no other row was changed."""
    kind, url, truth = capture
    product = product_of(url, kind)
    failed = sorted(job_id for job_id, job in truth["jobs"].items() if job["state"] == "failed")
    if not product.changes:
        assert "declares no retry" in product.reasons[Verb.RETRY]
        return
    before = {job_id: row.state for job_id, row in see(url, product, now_of(truth)).items()}
    assert [act(url, product, Verb.RETRY, failed[0], now_of(truth)) for _ in range(2)] == [1, -1]
    after = see(url, product, now_of(truth))
    assert (after[failed[0]].state, after[failed[0]].fields["attempts"]) == (State.PENDING, 0)
    assert {job_id: row.state for job_id, row in after.items()} == before | {failed[0]: State.PENDING}


def test_a_lost_run_is_released_only_past_the_limit(capture: tuple[str, str, dict[str, Any]]) -> None:
    """A processing row within the limit is left alone; past it Prisma's run counts as an attempt, unless the way is another."""
    kind, url, truth = capture
    product = product_of(url, kind)
    if not product.changes:
        return
    (stuck,) = (job_id for job_id, job in truth["jobs"].items() if job["state"] == "stuck")
    late = now_of(truth) + timedelta(seconds=Limits().stuck_after_s + 1)
    assert act(url, product, Verb.RELEASE, stuck, now_of(truth)) == -1
    assert act(url, product_of(url, kind, "uncounted") if kind == "prisma" else product, Verb.RELEASE, stuck, late) == 1
    seen = see(url, product, late)[stuck]
    assert (seen.state, seen.fields["attempts"]) == ((State.RETRYING, 1) if kind == "prisma" else (State.PENDING, 1))


_PHALCON = """
CREATE TABLE jobs (id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY, type VARCHAR(100) NOT NULL, payload TEXT,
 status VARCHAR(20) NOT NULL DEFAULT 'pending', priority INT NOT NULL DEFAULT 5, attempts INT NOT NULL DEFAULT 0,
 max_attempts INT NOT NULL DEFAULT 3, error_message TEXT, scheduled_at DATETIME NULL, started_at DATETIME NULL,
 completed_at DATETIME NULL, created_at DATETIME NULL, updated_at DATETIME NULL, KEY one (status, scheduled_at, priority));
INSERT INTO jobs (type, payload, status, priority, attempts, scheduled_at, started_at, created_at) VALUES
 ('a', '{}', 'pending', 15, 0, '2026-07-01 14:00:00', NULL, '2026-07-01 13:00:00'),
 ('b', '{}', 'pending', 1, 0, '2026-07-01 14:30:00', NULL, '2026-07-01 13:00:00'),
 ('c', '{}', 'processing', 1, 1, NULL, '2026-07-01 13:00:00', '2026-07-01 13:00:00'),
 ('d', '{}', 'paused', 1, 0, NULL, NULL, NULL);
INSERT INTO jobs (type, status, updated_at) VALUES ('e', 'processing', '2026-07-01 13:00:00'), ('f', 'processing', NULL);
"""


def test_naive_times_are_those_of_the_applications_zone(mysql_url: str) -> None:
    """What is due at 14:00 in Warsaw's summer is due at 12:00 UTC, and what is set to now is Warsaw's wall clock in whole seconds."""
    run_script(mysql_url, _PHALCON)
    mapping = read_shipped("phalcon").in_zone("Europe/Warsaw")
    product = product_of(mysql_url, mapping)
    now = datetime(2026, 7, 1, 12, 0, 30, 900_000, tzinfo=UTC)
    seen = see(mysql_url, product, now)
    assert [seen[one].state for one in "1234"] == [State.PENDING, State.SCHEDULED, State.PROCESSING, State.BLOCKED]
    assert [seen[one].stuck for one in "56"] == [True, False], "a run without a start is judged by its last change"
    assert (seen["3"].stuck, seen["1"].fields["scheduled"]) == (True, datetime(2026, 7, 1, 12, tzinfo=UTC))
    assert mapping.priority is not None
    assert mapping.priority.higher_first
    assert [act(mysql_url, product, Verb.CANCEL, one, now) for one in "13"] == [1, -1]
    found = query(mysql_url, "SELECT status, error_message, completed_at FROM jobs WHERE id = 1")
    assert found == [("failed", "cancelled by an operator", datetime(2026, 7, 1, 14, 0, 30))]  # noqa: DTZ001 - a wall clock
    assert act(mysql_url, product_of(mysql_url, mapping, "delete"), Verb.CANCEL, "2", now) == 1
    assert query(mysql_url, "SELECT id FROM jobs WHERE id = 2") == []


def test_phalcons_cleanup_deletes_what_its_own_service_does(mysql_url: str, tmp_path: Path) -> None:
    """Without a state being named, completed and failed jobs go that nothing has touched for so long, though a failed one has no end."""
    run_script(mysql_url, (FIXTURES / "plain-tables" / "dump.phalcon.mariadb.sql").read_text(encoding="utf-8"))
    truth = truth_of("phalcon")
    run_script(mysql_url, "UPDATE jobs SET updated_at = '2026-11-25 00:00:00' WHERE id IN (1, 5);\n")
    now = now_of(truth) + timedelta(days=4)
    backend = open_backend(mysql_url, BackendOptions("mine", kind="mapped:phalcon", now=now))
    authority = Authority(Right.ADMIN, "me", Journal(tmp_path / "acts.jsonl", "b"), None)
    operations = Operations(backend, authority, Limits())
    assert operations.perform(operations.prepare_cleanup(None, 3 * 86400)).done == 3
    assert [one for (one,) in query(mysql_url, "SELECT id FROM jobs ORDER BY id")] == [1, 5, 6, 7, 8, 9, 10, 11, 12]
    backend.close()


_PRISMA = """
CREATE TYPE "JobStatus" AS ENUM ('PENDING', 'PROCESSING', 'COMPLETED', 'DEAD_LETTER');
CREATE TABLE "JobQueue" ("id" text PRIMARY KEY, "type" text NOT NULL, "payload" jsonb NOT NULL,
 "status" "JobStatus" NOT NULL DEFAULT 'PENDING', "priority" int NOT NULL DEFAULT 0, "attempts" int NOT NULL DEFAULT 0,
 "maxAttempts" int NOT NULL DEFAULT 3, "idempotencyKey" text UNIQUE, "scheduledFor" timestamp(3) NOT NULL,
 "startedAt" timestamp(3), "completedAt" timestamp(3), "createdAt" timestamp(3) NOT NULL DEFAULT now(), "lastError" text);
CREATE INDEX one ON "JobQueue" ("status", "scheduledFor", "priority");
CREATE INDEX two ON "JobQueue" ("type", "status");
INSERT INTO "JobQueue" ("id", "type", "payload", "status", "attempts", "scheduledFor", "startedAt", "idempotencyKey") VALUES
 ('p', 't', '{}', 'PENDING', 0, '2026-07-01 12:00', NULL, 'k'), ('s', 't', '{}', 'PENDING', 0, '2026-07-01 13:00', NULL, NULL),
 ('r', 't', '{}', 'PENDING', 2, '2026-07-01 12:00', NULL, NULL),
 ('w', 't', '{}', 'PROCESSING', 0, '2026-07-01 11:00', '2026-07-01 11:00', NULL),
 ('d', 't', '{"a": "x"}', 'DEAD_LETTER', 3, '2026-07-01 11:00', NULL, NULL);
"""


def test_a_prisma_table_is_worked_as_its_operators_do(postgres_url: str) -> None:
    """PENDING with attempts is retrying; a row left in PROCESSING goes back with one attempt more; a dead letter starts again at 0."""
    run_script(postgres_url, _PRISMA)
    joined = "&" if "?" in postgres_url else "?"
    url = f"{postgres_url}{joined}schema=public"
    now = datetime(2026, 7, 1, 12, 0, 30, tzinfo=UTC)
    product = product_of(url, "prisma")
    states = {job_id: row.state for job_id, row in see(url, product, now).items()}
    assert states == {
        "p": State.PENDING,
        "s": State.SCHEDULED,
        "r": State.RETRYING,
        "w": State.PROCESSING,
        "d": State.FAILED,
    }
    assert [act(url, product, Verb.RELEASE, "w", now) for _ in range(2)] == [1, -1]
    assert [act(url, product, Verb.RETRY, "d", now) for _ in range(2)] == [1, -1]
    seen = see(url, product, now)
    assert (seen["w"].state, seen["w"].fields["attempts"]) == (State.RETRYING, 1)
    assert (seen["d"].state, seen["d"].fields["attempts"]) == (State.PENDING, 0)
