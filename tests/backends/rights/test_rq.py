"""RQ by users that have no more rights than its page asks for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.backends.captures import Capture
from tests.backends.rights.redis_users import check_looker, check_mender, load_keys

_LATE_S = 3001


@pytest.fixture(params=["rq-1.16", "rq-3"])
def capture(request: pytest.FixtureRequest, redis_url: str) -> Iterator[Capture]:
    """The capture of the oldest and the newest version in an empty database."""
    loaded = load_keys("rq", request.param, redis_url)
    yield loaded
    loaded.close()


def test_who_may_look_changes_nothing(capture: Capture) -> None:
    """With the rights to look all is read, and every verb is refused by the server and told as such."""
    check_looker("rq.md", capture, _LATE_S)


def test_who_may_change_can_do_each_verb(capture: Capture) -> None:
    """The rights to change are enough for every verb."""
    check_mender("rq.md", capture, _LATE_S)
