"""Huey by users that have no more rights than its page asks for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.backends.captures import FIXTURES, Capture
from tests.backends.rights import redis_users
from tests.backends.rights.trials import hold_refused
from tests.captures.stores import STORES

_SQLITE = "dump.sqlite.sql"


@pytest.fixture(params=["", "-priority"])
def capture(redis_url: str, request: pytest.FixtureRequest) -> Iterator[Capture]:
    """Each capture of Redis in an empty database."""
    loaded = redis_users.load_keys("huey", "huey", redis_url, request.param)
    yield loaded
    loaded.close()


def test_who_may_look_changes_nothing(capture: Capture) -> None:
    """With the rights to look all is read, and every verb is refused by the server and told as such."""
    redis_users.check_looker("huey.md", capture, 1)


def test_who_may_change_can_do_each_verb(capture: Capture) -> None:
    """The rights to change are enough for every verb."""
    redis_users.check_mender("huey.md", capture, 1)


def test_a_file_that_is_opened_to_read_is_not_changed(sqlite_url: str) -> None:
    """A file of SQLite that the URL opens read-only is read whole, and every verb is refused in words."""
    store, path = STORES[_SQLITE], FIXTURES / "huey"
    store.load(path / _SQLITE, sqlite_url)
    truth = json.loads((path / "truth.sqlite.json").read_text(encoding="utf-8"))
    capture = Capture("huey", f"{sqlite_url}?mode=ro", truth)
    try:
        hold_refused(capture.open(1), lambda: store.dump(sqlite_url), "may only be read")
    finally:
        capture.close()
    assert Path(sqlite_url.removeprefix("sqlite:///")).is_file()
