"""What a clock judged is run again where the machine stood still, and what was skipped is said once a reason."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

ROOT = Path(__file__).parents[1]
JUDGED = """
    import time
    import pytest
    from tests import lanes

    lanes.CROWD = float("inf")
    tried = []

    @pytest.mark.timed
    def test_held_up():
        tried.append(1)
        if len(tried) == 1:
            lanes._watchdogs[0].last_stall_at = time.monotonic()
            pytest.fail("too late")

    @pytest.mark.timed
    def test_simply_wrong():
        pytest.fail("wrong")

    @pytest.mark.parametrize("number", range(3))
    def test_not_here(number):
        pytest.skip("no server")
"""


def test_only_what_the_machine_held_up_is_run_again(tmp_path: Path) -> None:
    """A failure beside a stall is tried once more and named, any other stays, and skips are one line a reason."""
    (tmp_path / "test_judged.py").write_text(dedent(JUDGED))
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = timed\n")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "tests.lanes", "-p", "no:cacheprovider", tmp_path],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "1 failed, 1 passed, 3 skipped" in done.stdout
    assert "skipped 3: no server" in done.stdout
    assert "was crowded while it ran: test_judged.py::test_held_up" in done.stdout
    assert "was crowded while it ran: test_judged.py::test_simply_wrong" not in done.stdout
