"""Who may import what."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.architecture.source import PACKAGE, ROOT, code_files, imports, place

# Modules that run code hidden in data.
EXECUTING_READERS = {"cloudpickle", "dill", "jsonpickle", "marshal", "pickle", "shelve"}


def test_the_floors_hold() -> None:
    """Every import contract of pyproject.toml is kept."""
    command = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command as run; run()",
        "--no-cache",
        "--no-logo",
    ]
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE.parent)}
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


def test_the_model_needs_the_standard_library_only() -> None:
    """Nothing in model imports anything but the standard library and model."""
    strangers = [
        f"{place(path, node)} imports {name}"
        for path in (PACKAGE / "model").rglob("*.py")
        for node, name in imports(path)
        if name.split(".")[0] not in sys.stdlib_module_names and not f"{name}.".startswith("queuetui.model.")
    ]
    assert strangers == []


def test_nothing_imports_a_reader_that_executes() -> None:
    """No file, tests included, imports pickle, marshal or their like."""
    found = [
        f"{place(path, node)} imports {name}"
        for path in code_files()
        for node, name in imports(path)
        if name.split(".")[0] in EXECUTING_READERS
    ]
    assert found == []
