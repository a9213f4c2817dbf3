"""A first mapping file for tables as people make them: it opens as it is written, or says what a person must fill in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from queuetui.backends.base import BackendOptions
from queuetui.backends.discover import open_backend
from queuetui.backends.foreign.mapped.draft import draft_mapping
from queuetui.backends.foreign.mapped.shape import read_mapping
from queuetui.model.act import Verb
from queuetui.model.limits import Limits
from queuetui.model.page import PageRequest
from queuetui.model.query import Comparison, Query, Term
from tests.backends.captures import run_script
from tests.backends.mapped.reading import act, product_of, see


@dataclass(frozen=True)
class Odd:
    """A table, the states of its rows by key where its draft can be used, and else what its draft asks for."""

    store: str
    table: str
    script: str
    states: dict[str, str]
    asks: str = ""


ODD = {
    "camel": Odd(
        "postgres",
        "BackgroundTask",
        """CREATE TYPE "TaskState" AS ENUM ('WAITING', 'IN_PROGRESS', 'DONE', 'ERRORED');
        CREATE TABLE "BackgroundTask" ("taskId" uuid PRIMARY KEY, "taskName" text, "taskState" "TaskState" NOT NULL,
          "runAt" timestamptz, "retryCount" int NOT NULL DEFAULT 0, "startedAt" timestamptz, "finishedAt" timestamptz, queue bytea);
        INSERT INTO "BackgroundTask" VALUES
          ('11111111-1111-1111-1111-111111111111', 'mail', 'WAITING', NULL, 0, NULL, NULL, 'mail'),
          ('22222222-2222-2222-2222-222222222222', 'mail', 'ERRORED', NULL, 3, now(), now(), 'a\\\\b');""",
        {"11111111-1111-1111-1111-111111111111": "pending", "22222222-2222-2222-2222-222222222222": "failed"},
    ),
    "reserved": Odd(
        "postgres",
        "order",
        """CREATE TABLE "order" ("user" bigserial PRIMARY KEY, "group" text, "select" text, kind text, status varchar(20),
          created_at bigint, "end" text);
        INSERT INTO "order" VALUES (1, 'g', 's', 'mail', 'QUEUED', 1700000000000, 'x'),
          (2, 'g', 's', 'mail', 'DEAD', 1700000000000, 'x');""",
        {"1": "pending", "2": "failed"},
    ),
    "padded": Odd(
        "postgres",
        "legacy_jobs",
        """CREATE TABLE legacy_jobs (job_no int PRIMARY KEY, job_type char(10), status char(12), created_at timestamp);
        INSERT INTO legacy_jobs VALUES (1, 'MAIL', 'PENDING', now()), (2, 'MAIL', 'FAILED', now());""",
        {"1": "pending", "2": "failed"},
    ),
    "blanks": Odd(
        "postgres",
        "jobs with blanks",
        """CREATE TABLE "jobs with blanks" ("job id" int PRIMARY KEY, "job type" text, "job status" text, "created at" timestamptz);
        INSERT INTO "jobs with blanks" VALUES (1, 'mail', 'ON HOLD ', now()), (2, 'mail', ' FAILED', now());""",
        {"1": "blocked", "2": "failed"},
    ),
    "codes": Odd(
        "postgres",
        "outbox",
        """CREATE TABLE outbox (id bigserial PRIMARY KEY, topic text, event_type text, status smallint NOT NULL, created_at timestamptz);
        INSERT INTO outbox (topic, event_type, status, created_at) VALUES ('t', 'mail', 0, now()), ('t', 'mail', 2, now());""",
        {"1": "blocked", "2": "blocked"},
    ),
    "view": Odd(
        "postgres",
        "open_jobs",
        """CREATE TABLE all_jobs (id int PRIMARY KEY, type text, status text);
        CREATE VIEW open_jobs AS SELECT * FROM all_jobs WHERE status = 'open';""",
        {},
        "view",
    ),
    "no-key": Odd(
        "postgres", "work_log", "CREATE TABLE work_log (id int, type text, status text);", {}, "unique index"
    ),
    "composite": Odd(
        "postgres",
        "tenant_jobs",
        "CREATE TABLE tenant_jobs (tenant int, id int, type text, status text, PRIMARY KEY (tenant, id));",
        {},
        "unique index",
    ),
    "null-key": Odd(
        "postgres", "Loose", 'CREATE TABLE "Loose" (code text UNIQUE, type text, status text);', {}, "may be NULL"
    ),
    "sure-key": Odd(
        "postgres",
        'public."Su""re."',
        """CREATE TABLE "Su""re." (id text UNIQUE, "no" int UNIQUE NOT NULL, type text, status text);
        INSERT INTO "Su""re." VALUES (NULL, 1, 'mail', 'new'), (NULL, 2, 'mail', 'dead');""",
        {"1": "pending", "2": "failed"},
    ),
    "sqlite-composite": Odd(
        "sqlite",
        "jobs",
        "CREATE TABLE jobs (tenant INTEGER, id INTEGER, type TEXT, status TEXT, PRIMARY KEY (tenant, id));",
        {},
        "unique index",
    ),
    "epoch-ms": Odd(
        "sqlite",
        "Task Queue",
        """CREATE TABLE "Task Queue" (task_id INTEGER PRIMARY KEY, task TEXT, state INTEGER, createdAt INTEGER, dueAt INTEGER);
        INSERT INTO "Task Queue" VALUES (1, 'mail', 0, 1700000000000, 1700000000000), (2, 'mail', 9, 1700000000000, NULL);""",
        {"1": "blocked", "2": "blocked"},
    ),
    "sqlite-text-key": Odd(
        "sqlite",
        "jobs",
        """CREATE TABLE jobs (uid TEXT PRIMARY KEY, handler TEXT, status TEXT, created_at DATETIME, attempts INT, queue VARBINARY(9))
          WITHOUT ROWID;
        INSERT INTO jobs VALUES ('a', 'mail', 'Done', '2024-01-01 10:00:00', 1, X'6d61696c'),
          ('b', 'mail', 'Failed', '2024-01-01 10:00:00', 3, X'62756c6b');""",
        {"a": "completed", "b": "failed"},
    ),
    "mariadb-bytes": Odd(
        "mysql",
        "bin_jobs",
        """CREATE TABLE bin_jobs (id BINARY(16) NOT NULL PRIMARY KEY, type VARBINARY(20), queue BLOB, status VARCHAR(20));
        INSERT INTO bin_jobs VALUES (REPEAT(X'11', 16), 'mail', 'low', 'PENDING'), (REPEAT(X'FF', 16), 'mail', 'high', 'FAILED');""",
        {"11" * 16: "pending", "ff" * 16: "failed"},
    ),
    "mariadb-time-key": Odd(
        "mysql",
        "timed_jobs",
        "CREATE TABLE timed_jobs (at DATETIME NOT NULL PRIMARY KEY, type VARCHAR(20), status VARCHAR(20));",
        {},
        "whole numbers, texts, uuids or bytes",
    ),
    "mariadb-enum": Odd(
        "mysql",
        "cron_schedule",
        """CREATE TABLE cron_schedule (schedule_id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY, job_code VARCHAR(255),
          status ENUM('pending', 'running', 'success', 'missed', 'error') NOT NULL, messages TEXT, created_at TIMESTAMP NULL,
          scheduled_at TIMESTAMP NULL, executed_at TIMESTAMP NULL, finished_at TIMESTAMP NULL);
        INSERT INTO cron_schedule VALUES (1, 'mail', 'error', 'no', now(), now(), now(), now()),
          (2, 'mail', 'missed', NULL, now(), now(), NULL, NULL);""",
        {"1": "failed", "2": "blocked"},
    ),
    "mariadb-codes": Odd(
        "mysql",
        "Key",
        """CREATE TABLE `Key` (`Order` BIGINT AUTO_INCREMENT PRIMARY KEY, `JobType` VARCHAR(40), `State` TINYINT(1) NOT NULL,
          `CreatedAt` BIGINT, `Tries` TINYINT UNSIGNED);
        INSERT INTO `Key` VALUES (1, 'mail', 0, 1700000000000, 0), (2, 'mail', 1, 1700000000000, 0);""",
        {"1": "blocked", "2": "blocked"},
    ),
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD.keys())
def test_a_draft_opens_or_says_what_to_fill_in(odd: Odd, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """The draft reads each row in its state, by the names that it shows, and its retry works, or its first line says what is missing."""
    url: str = request.getfixturevalue(f"{odd.store}_url")
    run_script(url, odd.script)
    text = draft_mapping(url, odd.table, BackendOptions())
    if odd.asks:
        assert odd.asks in text.splitlines()[0]
        return
    product, now = product_of(url, read_mapping(text, "draft.toml")), datetime.now(UTC)
    rows = see(url, product, now)
    assert {key: row.state for key, row in rows.items()} == odd.states
    assert {row.fields["created"].year for row in rows.values() if "created" in row.fields} <= {2023, 2024, now.year}
    _require_found_by_name(url, text, tmp_path)
    if Verb.RETRY in product.capabilities.verbs:
        failed = next(key for key, state in odd.states.items() if state == "failed")
        assert act(url, product, Verb.RETRY, failed, now) == 1
        assert see(url, product, datetime.now(UTC))[failed].state == "pending"


def _require_found_by_name(url: str, text: str, folder: Path) -> None:
    """Ask for each job by the type, and the queue if it has one, that it is shown with."""
    file = folder / "draft.toml"
    file.write_text(text)
    backend = open_backend(url, BackendOptions("mapped", settings={"mapping": str(file)}))
    inspector, fields = backend.inspector, read_mapping(text, "draft.toml").fields
    try:
        jobs = inspector.page(PageRequest(), Limits()).jobs
        assert jobs
        for job in jobs:
            names = {"type": job.type.raw, "queue": job.queue.raw}
            terms = tuple(Term(field, Comparison.IS, (name,)) for field, name in names.items() if field in fields)
            assert job.ref.id in {one.ref.id for one in inspector.page(PageRequest(Query(terms)), Limits()).jobs}, names
    finally:
        backend.close()
