"""A queue goes on in every process that is forked from the one that opened it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.client import forking

ROOT = Path(__file__).parents[2]
EACH = 2 * forking.JOBS + 1
WITHIN_S = 120


@pytest.mark.timed
@pytest.mark.parametrize("kind", ["sqlite", "postgres", "mysql", "redis"])
def test_forked_children_and_their_parent_lose_no_job(kind: str, request: pytest.FixtureRequest) -> None:
    """Each job that four children, their parent and another thread of it were told is stored is there, and no id came twice."""
    url: str = request.getfixturevalue(f"{kind}_url")
    command = [sys.executable, "-X", "dev", "-W", "error", "-m", "tests.client.forking", url]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=WITHIN_S, check=False)
    assert done.stderr == ""
    told = json.loads(done.stdout)
    children = {name: count for name, count in told.items() if name.startswith("child")}
    assert children == {f"child {number}": EACH for number in range(forking.CHILDREN)}
    every = 3 * EACH + forking.CHILDREN * EACH + told["thread"]
    assert (told["found"], told["ids"], told["total"]) == (every, every, every)
