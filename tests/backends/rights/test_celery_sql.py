"""Celery's results in a database of their own, by users that have no more rights than the page asks for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.backends.captures import Capture
from tests.backends.rights.sql_users import check_looker, check_mender, load_dump


@pytest.fixture
def capture(postgres_url: str) -> Iterator[Capture]:
    """The capture in an empty database."""
    loaded = load_dump("celery-sql", "celery-django", postgres_url)
    yield loaded
    loaded.close()


def test_who_may_look_changes_nothing(capture: Capture) -> None:
    """With the right to select all is read, and a deletion is refused by the server and told as such."""
    check_looker("celery-sql.md", capture, 1)


def test_who_may_change_can_do_each_verb(capture: Capture) -> None:
    """The rights to change are enough to delete."""
    check_mender("celery-sql.md", capture, 1)
