"""What each system does with its jobs that a truth file does not say: a module a system, each with its EXPECTATIONS."""

from __future__ import annotations

import pkgutil
from importlib import import_module

from tests.captures.expected.declaration import Expectation


def gather_expectations() -> dict[str, Expectation]:
    """Return what is declared of each system, by the "system" of a truth file."""
    modules = [import_module(f"{__name__}.{one.name}") for one in pkgutil.iter_modules(__path__)]
    return {system: one for module in modules for system, one in getattr(module, "EXPECTATIONS", {}).items()}
