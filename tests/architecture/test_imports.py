"""Who may import what."""

from __future__ import annotations

import ast
import os
import subprocess
import sys

from queuetui.backends.registry import FOREIGN
from tests.architecture.source import PACKAGE, ROOT, code_files, imports, place, tree_of

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


def test_what_is_imported_late_by_its_name_is_there() -> None:
    """Every class that `late` is to make, and every module that finds a product, stands where its name says."""
    named = [
        (call.args[0].value, call.args[1].value)
        for path in (PACKAGE / "backends").rglob("*.py")
        for call in ast.walk(tree_of(path))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "late"
        if isinstance(call.args[0], ast.Constant) and isinstance(call.args[1], ast.Constant)
    ]
    assert len(named) >= 8
    for module, _ in FOREIGN.values():
        tables = module.removesuffix(".recognition")
        is_found = tables == module or _defines(f"foreign.{module}", "find")
        named += (
            [(f"foreign.{module}", "find")]
            if is_found
            else [
                (f"foreign.{module}", "recognise"),
                (f"foreign.{tables}.product", "describe"),
            ]
        )
    assert [one for one in named if not _defines(*one)] == []


def _defines(module: object, name: object) -> bool:
    path = PACKAGE / "backends" / f"{str(module).replace('.', '/')}.py"
    return path.is_file() and any(
        isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == name for node in tree_of(path).body
    )
