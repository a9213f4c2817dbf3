"""The home that every test gets."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import platformdirs
import pytest

from tests.servers.redis import find_redis


@pytest.fixture(scope="module")
def absent_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A Redis binary that is named before any test has its home, and does not exist."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("QUEUETUI_TEST_REDIS_SERVER", str(tmp_path_factory.mktemp("empty") / "redis-server"))
        yield


def test_a_test_sees_an_empty_home_of_its_own() -> None:
    """Settings and data are looked for in a fresh folder of the test run."""
    assert list(Path.home().iterdir()) == []
    for folder in (platformdirs.user_data_path("queuetui"), platformdirs.user_config_path("queuetui")):
        assert folder.is_relative_to(Path.home())


@pytest.mark.usefixtures("absent_redis")
def test_the_redis_named_for_tests_is_the_only_one_used() -> None:
    """Where a Redis binary is named, servers of a test's own are that one too, and never another in its stead."""
    assert find_redis() is None
