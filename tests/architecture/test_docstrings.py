"""Docstrings that are read at a glance."""

from __future__ import annotations

import ast

from tests.architecture.source import PACKAGE, place, python_files, tree_of

LONGEST_FIRST_LINE = 100


def test_a_docstring_begins_with_one_short_sentence() -> None:
    """The first line of a docstring is one sentence of at most 100 characters."""
    found = [
        place(path, node)
        for path in python_files(PACKAGE)
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and not _is_short_sentence((ast.get_docstring(node) or "It has none.").partition("\n")[0])
    ]
    assert found == []


def _is_short_sentence(line: str) -> bool:
    return len(line) <= LONGEST_FIRST_LINE and line.endswith((".", "?", "!")) and ". " not in line
