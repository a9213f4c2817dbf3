"""Plugin: what collecting makes stays for the whole run, so that the garbage collector looks through none of it; long tests begin first."""

from __future__ import annotations

import gc

import pytest

# Files with tests of ten seconds, the last of which would else run alone when all others are done.
LONG = ("tests/tui/test_zoo_screens.py", "tests/conformance/test_machine.py", "tests/conformance/test_odd_values.py")

gc.disable()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the files with long tests first, in their own order."""
    items.sort(key=lambda one: not one.nodeid.startswith(LONG))


def pytest_collection_finish() -> None:
    """Let the collector begin with what the tests make."""
    gc.freeze()
    gc.enable()
