"""Fixtures of the acts."""

from __future__ import annotations

from pathlib import Path

import pytest

from queuetui.operate.rights import Right
from tests.operate.desks import Office


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """A queue and an operator."""
    return Office(tmp_path)


@pytest.fixture
def reader(tmp_path: Path) -> Office:
    """A queue and someone who may only look."""
    return Office(tmp_path, Right.READ)
