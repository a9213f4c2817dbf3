"""Docstrings that are read at a glance."""

from __future__ import annotations

import ast

from tests.architecture.source import PACKAGE, place, python_files, tree_of

LONGEST_FIRST_LINE = 100
# Where older docstrings still have longer first lines. A folder is taken out once it has none.
NOT_YET = ("backends/foreign/laravel/",)


def test_a_docstring_begins_with_one_short_sentence() -> None:
    """The first line of a docstring has at most 100 characters, and what follows it stands apart."""
    found = [
        place(path, node)
        for path in python_files(PACKAGE)
        if not path.relative_to(PACKAGE).as_posix().startswith(NOT_YET)
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and len((ast.get_docstring(node) or "").partition("\n")[0]) > LONGEST_FIRST_LINE
    ]
    assert found == []
