"""graphile-worker's own functions on the rows of its capture, by users with no more rights than its page asks for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.backends.captures import Capture
from tests.backends.rights.sql_users import check_looker, check_mender
from tests.live.graphile_worker import LiveGraphileWorker
from tests.live.schema_functions import capture_with_functions

pytestmark = [pytest.mark.live, pytest.mark.timeout(900)]
_LATE_S = 14_401


@pytest.fixture
def capture(postgres_url: str, postgres_server: Any, tmp_path: Path) -> Iterator[Capture]:
    """The capture with the functions that the real graphile-worker creates in a database of its own."""
    product = LiveGraphileWorker()
    with capture_with_functions(
        product, "graphile-worker", "graphile_worker", postgres_url, postgres_server, tmp_path
    ) as loaded:
        yield loaded


def test_who_may_look_changes_nothing(capture: Capture) -> None:
    """With the right to select all is read, and every verb is refused by the server and told as such."""
    check_looker("graphile-worker.md", capture, _LATE_S)


def test_who_may_change_can_do_each_verb(capture: Capture) -> None:
    """The rights to change are enough for every verb."""
    check_mender("graphile-worker.md", capture, _LATE_S)
