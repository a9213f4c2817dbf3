"""SAQ on PostgreSQL by users that have no more rights than its page asks for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.backends.captures import Capture
from tests.backends.rights.sql_users import check_looker, check_mender, load_dump, opened_as
from tests.backends.rights.trials import MENDER, hold_allowed

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


def test_who_may_not_read_the_workers_is_told_so(capture: Capture) -> None:
    """Without the table of workers jobs are read and changed as with it, and why no worker is seen is said."""
    without = "REVOKE SELECT ON saq_stats FROM looker, mender;\n"
    with opened_as(MENDER, "saq-pg.md", capture, _LATE_S, without) as backend:
        assert "may not read saq_stats" in backend.inspector.capabilities.why_no_workers
        hold_allowed(backend)


def test_who_may_change_can_do_each_verb(capture: Capture) -> None:
    """The rights to change are enough for every verb."""
    check_mender("saq-pg.md", capture, _LATE_S)
