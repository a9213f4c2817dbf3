"""What is told to be run is there."""

from __future__ import annotations

import re

from tests.architecture.source import ROOT


def test_every_target_that_is_named_is_there() -> None:
    """Each `make TARGET` of CI, README and CONTRIBUTING has its rule."""
    rules = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    pages = [ROOT / ".ci" / "run", ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
    named = {
        target
        for page in pages
        for target in re.findall(r"^(?:`)?make ([a-z-]+)", page.read_text("utf-8"), re.MULTILINE)
    }
    assert {"test", "timed", "check"} <= named
    assert named <= rules
