"""The project's own files, read once."""

from __future__ import annotations

import ast
import functools
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "queuetui"
CODE_FOLDERS = ("src", "tests", "benchmarks", "examples")
OTHER_PLACES = (*CODE_FOLDERS, "docs", "styles", "scripts", "requirements", ".ci")


def python_files(folder: Path) -> list[Path]:
    """Every Python file below a folder, but for what the tests only read."""
    return sorted(path for path in folder.rglob("*.py") if "fixtures" not in path.relative_to(ROOT).parts[:-1])


def code_files() -> list[Path]:
    """Every Python file of the project."""
    return [path for name in CODE_FOLDERS for path in python_files(ROOT / name)]


@functools.cache
def tree_of(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def place(path: Path, node: ast.AST | None = None) -> str:
    """A path below the project's root, with the line of a node."""
    line = getattr(node, "lineno", None)
    return f"{path.relative_to(ROOT)}" + (f":{line}" if line else "")


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function and method of a file, nested ones too."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def imports(path: Path) -> Iterator[tuple[ast.stmt, str]]:
    """Every imported module's full name, late imports too, with its statement."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node, node.module


def tracked_files() -> list[Path]:
    """Every file under version control, or every file of the project's folders where git cannot tell."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode == 0 and listed.stdout:
        candidates = [ROOT / name for name in listed.stdout.split("\0") if name]
    else:
        candidates = [path for name in OTHER_PLACES for path in (ROOT / name).rglob("*")] + list(ROOT.glob("*.*"))
    return sorted(path for path in candidates if path.is_file() and "__pycache__" not in path.parts)
