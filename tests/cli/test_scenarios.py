"""Troubles that the demo makes for real, each known by its verdict."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from queuetui.cli.demo.scenarios import SCENARIOS
from tests.architecture.source import ROOT

# A lease of 3 s, limits of 5 s and a poll; the rest is for the start of its processes on a busy machine.
WITHIN_S = 100


@pytest.mark.timed
@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_a_trouble_is_told_by_its_verdict(name: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """The verdict appears with its evidence and the next command, what is healthy beside it is not accused, and nothing is left."""
    server: list[str] = []
    if SCENARIOS[name].needs_server:
        server = ["--server", request.getfixturevalue("postgres_server").admin_url]
    done = subprocess.run(
        [sys.executable, "-m", "queuetui", "demo", "--no-ui", "--scenario", name, *server],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src"), "TMPDIR": str(tmp_path)},
        capture_output=True, text=True, timeout=WITHIN_S, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    verdict = json.loads(done.stdout)
    assert verdict["code"] == SCENARIOS[name].code
    assert verdict["evidence"]
    assert verdict["next"]
    assert list(tmp_path.glob("queuetui-demo-*")) == []
