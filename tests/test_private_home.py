"""The home that every test gets."""

from __future__ import annotations

from pathlib import Path

import platformdirs


def test_a_test_sees_an_empty_home_of_its_own() -> None:
    """Settings and data are looked for in a fresh folder of the test run."""
    assert list(Path.home().iterdir()) == []
    for folder in (platformdirs.user_data_path("queuetui"), platformdirs.user_config_path("queuetui")):
        assert folder.is_relative_to(Path.home())
