"""Several systems in one store: each is found, and each is opened with its own jobs."""

from __future__ import annotations

import json

from queuetui.backends.base import BackendOptions
from queuetui.backends.discover import discover, open_backend
from queuetui.model.snapshot import Watch
from tests.backends.captures import FIXTURES, run_script
from tests.captures.stores import RedisStore

ROWS = {
    "graphile-worker": "graphile-worker",
    "laravel": "laravel-db",
    "oban": "oban",
    "pg-boss": "pg-boss",
    "procrastinate": "procrastinate",
    "solid-queue": "solid-queue",
}
KEYS = {
    "bullmq": "bullmq",
    "celery": "celery",
    "dramatiq": "dramatiq",
    "rq": "rq-3",
    "sidekiq": "sidekiq-6",
}


def _stored(folder: str) -> int:
    """Return how many jobs a capture holds, of whatever store."""
    path = FIXTURES / folder
    name = next(one for one in ("truth.postgres.json", "truth.json") if (path / one).is_file())
    jobs = json.loads((path / name).read_text(encoding="utf-8"))["jobs"]
    return sum(job["stored"] for job in jobs.values())


def _found(url: str) -> dict[str, int | None]:
    return {one.kind: None if one.jobs is None else one.jobs.value for one in discover(url, BackendOptions())}


def test_six_systems_in_one_database_are_told_apart(postgres_url: str) -> None:
    """All are found by one look at the catalog, none takes another's tables, and each counts its own jobs."""
    for folder in ROWS.values():
        run_script(postgres_url, (FIXTURES / folder / "dump.postgres.sql").read_text(encoding="utf-8"))
    assert _found(postgres_url) == {kind: _stored(folder) for kind, folder in ROWS.items()}
    for kind, folder in ROWS.items():
        backend = open_backend(postgres_url, BackendOptions(kind=kind))
        assert backend.inspector.snapshot(Watch()).total.value == _stored(folder)
        backend.close()


def test_five_systems_in_one_redis_are_told_apart(redis_url: str) -> None:
    """All are found by a few commands, none takes another's keys, and each counts its own jobs."""
    for folder in KEYS.values():
        RedisStore().load(FIXTURES / folder / "keys.jsonl", redis_url)
    found = _found(redis_url)
    assert found.keys() == KEYS.keys()
    for kind, folder in KEYS.items():
        assert found[kind] == _stored(folder), kind
