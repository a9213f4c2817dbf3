"""What every test folder sees: real servers, fresh databases on them, and a home of its own."""

from __future__ import annotations

import itertools
import os

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.collected", "tests.servers.fixtures", "tests.lanes", "tests.compiled_statements"]

# A busy machine is not a failure: examples are bounded by their number, never by the clock.
settings.register_profile("queuetui", deadline=None, suppress_health_check=[HealthCheck.too_slow])
CAMPAIGN = "campaign"
settings.register_profile(CAMPAIGN, settings.get_profile("queuetui"), max_examples=100, stateful_step_count=50)
settings.load_profile("queuetui")

FOLDERS = {
    "XDG_CACHE_HOME": ".cache",
    "XDG_CONFIG_HOME": ".config",
    "XDG_DATA_HOME": ".local/share",
    "XDG_STATE_HOME": ".local/state",
}
FOREIGN_SETTINGS = {"DATABASE_URL", "FORCE_COLOR", "NO_COLOR", "REDIS_URL"}
KEPT_PREFIXES = ("QUEUETUI_TEST_", "QUEUETUI_FIXTURES")

_homes = itertools.count(1)


@pytest.fixture(autouse=True)
def private_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads the settings or touches the data of the person who runs it."""
    # Below a folder of their own, as each test's folder is named by those that stand beside it.
    home = tmp_path_factory.getbasetemp() / "homes" / str(next(_homes))
    home.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    for variable, folder in FOLDERS.items():
        monkeypatch.setenv(variable, str(home / folder))
    for variable in list(os.environ):
        own = variable.startswith("QUEUETUI_") and not variable.startswith(KEPT_PREFIXES)
        if own or variable in FOREIGN_SETTINGS or variable.startswith("PG"):
            monkeypatch.delenv(variable)
