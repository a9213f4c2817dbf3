"""Laravel's Redis queue, with its failed jobs in PostgreSQL, by users that have no more rights than its page asks for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from queuetui.backends.backend import Backend
from queuetui.model.urls import BESIDE
from tests.backends.captures import FIXTURES, Capture, query, run_script
from tests.backends.rights.redis_users import load_keys, opened_as
from tests.backends.rights.sql_users import statements_of
from tests.backends.rights.trials import LOOKER, MENDER, hold_allowed, hold_refused
from tests.captures.stores import STORES, dump_keys

_PAGE = "laravel-redis.md"
_LATE_S = 301


@pytest.fixture
def capture(redis_url: str, postgres_url: str) -> Iterator[Capture]:
    """The capture of Redis, and a table of failed jobs of the same connection in PostgreSQL with the users of the page."""
    run_script(postgres_url, (FIXTURES / "laravel-db" / "dump.postgres.sql").read_text(encoding="utf-8"))
    # The one of another connection is left for who may delete.
    query(postgres_url, "update failed_jobs set connection = 'redis' where id > (select min(id) from failed_jobs)")
    run_script(postgres_url, statements_of(_PAGE))
    loaded = load_keys("laravel-redis", "laravel-redis", redis_url)
    yield loaded
    loaded.close()
    for name in (LOOKER, MENDER):
        query(postgres_url, f"drop owned by {name} cascade; drop role {name}")


@contextmanager
def _opened_as(user: str, capture: Capture, postgres_url: str) -> Iterator[Backend]:
    parts = urlsplit(postgres_url)
    beside = parts._replace(netloc=f"{user}:SECRET@{parts.netloc.rpartition('@')[2]}").geturl()
    with opened_as(user, _PAGE, replace(capture, url=f"{capture.url}?{BESIDE}={beside}"), _LATE_S) as backend:
        yield backend


def test_who_may_look_changes_nothing(capture: Capture, postgres_url: str) -> None:
    """With the rights to look all is read in both stores, and every verb is refused by the server and told as such."""
    with _opened_as(LOOKER, capture, postgres_url) as backend:
        hold_refused(backend, lambda: (dump_keys(capture.url), STORES["dump.postgres.sql"].dump(postgres_url)))


def test_who_may_change_can_do_each_verb(capture: Capture, postgres_url: str) -> None:
    """The rights to change are enough for every verb in both stores."""
    with _opened_as(MENDER, capture, postgres_url) as backend:
        hold_allowed(backend)
