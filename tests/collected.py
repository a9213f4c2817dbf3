"""Plugin: what collecting makes stays for the whole run, so that the garbage collector looks through none of it; long tests begin first."""

from __future__ import annotations

import gc

import pytest
from _pytest.unraisableexception import gc_collect_iterations_key  # pytest has no option for it

# Files with tests of ten seconds, the last of which would else run alone when all others are done.
LONG = ("tests/tui/test_zoo_screens.py", "tests/conformance/test_machine.py", "tests/conformance/test_odd_values.py")
# Objects that are made before the collector looks for circles; Python's 700 are made by each statement.
_YOUNG = 20_000

gc.disable()


def pytest_configure(config: pytest.Config) -> None:
    """Look for what was left open as often as finalisers of CPython need it, and not five times."""
    config.stash[gc_collect_iterations_key] = 2


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the files with long tests first, in their own order."""
    items.sort(key=lambda one: not one.nodeid.startswith(LONG))


def pytest_collection_finish() -> None:
    """Let the collector begin with what the tests make."""
    gc.freeze()
    gc.set_threshold(_YOUNG, *gc.get_threshold()[1:])
    gc.enable()
