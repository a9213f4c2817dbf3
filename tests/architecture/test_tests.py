"""Tests that tell what they hold and do not wait for a clock."""

from __future__ import annotations

import ast

from tests.architecture.source import ROOT, code_files, functions, place, python_files, tree_of


def test_every_test_says_what_it_holds() -> None:
    """Every test has a docstring."""
    silent = [
        f"{place(path, function)} {function.name}"
        for path in python_files(ROOT / "tests")
        if path.name.startswith("test_")
        for function in functions(path)
        if function.name.startswith("test_") and not ast.get_docstring(function)
    ]
    assert silent == []


def test_no_test_sleeps() -> None:
    """Tests wait for a condition or an event, never for a time."""
    found = [
        place(path, node)
        for path in code_files()
        if path.is_relative_to(ROOT / "tests")
        for node in ast.walk(tree_of(path))
        if _is_sleep(node)
    ]
    assert found == []


def _is_sleep(node: ast.AST) -> bool:
    if isinstance(node, ast.ImportFrom):
        return node.module == "time" and any(alias.name == "sleep" for alias in node.names)
    return (
        isinstance(node, ast.Attribute)
        and node.attr == "sleep"
        and isinstance(node.value, ast.Name)
        and node.value.id == "time"
    )
