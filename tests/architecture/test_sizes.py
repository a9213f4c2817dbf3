"""Files and functions that a person can hold in mind."""

from __future__ import annotations

from tests.architecture.source import code_files, functions, place

FILE_FAULT_LINES = 400
FUNCTION_FAULT_LINES = 60


def test_no_file_is_too_long() -> None:
    """No Python file has more than 400 lines."""
    sizes = {place(path): len(path.read_text(encoding="utf-8").splitlines()) for path in code_files()}
    assert {name: lines for name, lines in sizes.items() if lines > FILE_FAULT_LINES} == {}


def test_no_function_is_too_long() -> None:
    """No function has more than 60 lines."""
    sizes = {
        f"{place(path, function)} {function.name}": (function.end_lineno or function.lineno) - function.lineno + 1
        for path in code_files()
        for function in functions(path)
    }
    assert {name: lines for name, lines in sizes.items() if lines > FUNCTION_FAULT_LINES} == {}
