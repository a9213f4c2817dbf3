"""SAQ on PostgreSQL by users that have no more rights than its page asks for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.backends.captures import Capture
from tests.backends.rights.sql_users import check_looker, check_mender, load_dump

_LATE_S = 3001


@pytest.fixture
def capture(postgres_url: str) -> Iterator[Capture]:
    """The capture in an empty database."""
    loaded = load_dump("saq-pg", "saq-pg", postgres_url)
    yield loaded
    loaded.close()


def test_who_may_look_changes_nothing(capture: Capture) -> None:
    """With the right to select all is read, and every verb is refused by the server and told as such."""
    check_looker("saq-pg.md", capture, _LATE_S)


def test_who_may_change_can_do_each_verb(capture: Capture) -> None:
    """The rights to change are enough for every verb."""
    check_mender("saq-pg.md", capture, _LATE_S)
