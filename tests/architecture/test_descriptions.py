"""How long the descriptions of other products are, counted in one way for all."""

from __future__ import annotations

import ast
import functools
import io
import tokenize
from pathlib import Path

import pytest

from queuetui.backends.registry import FOREIGN
from tests.architecture.source import PACKAGE, imports, tree_of

MOST_LINES = 350
PREFIX = "queuetui.backends.foreign."
# It describes no product: it reads mapping files into descriptions of any table.
NO_PRODUCTS = {"mapped"}
# By product and core, the lines that a longer description may have.
LONGER = {
    # Both show models by what people call them, and the values that commands were given. The one of tables also tells several
    # applications in one database apart, and in which zone each writes its times. The failed jobs of Redis are rows, too.
    ("laravel", "tables"): 930,
    ("laravel-redis", "keys"): 910,
}
NOT_CODE = {
    tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER,
}  # fmt: skip
CORES = {"redis": "keys"}
CASES = sorted(
    {
        (kind, module, CORES.get(family, "tables"))
        for kind, (module, families) in FOREIGN.items()
        for family in families
        if kind not in NO_PRODUCTS
    }
)


def _path_of(module: str) -> Path:
    path = PACKAGE / "backends" / "foreign" / module.replace(".", "/")
    return path.with_suffix(".py") if path.with_suffix(".py").exists() else path / "__init__.py"


@functools.cache
def _core_of(module: str) -> str | None:
    """Return the core that a module describes a product to, None for one that describes none."""
    for node in ast.walk(tree_of(_path_of(module))):
        if isinstance(node, ast.ClassDef) and "KeysProduct" in map(ast.unparse, node.bases):
            return "keys"
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "Product":
            return "tables"
    return None


@functools.cache
def _imported(module: str) -> set[str]:
    """Return the modules of products that a module needs when it runs, also those that it imports late."""
    tree = tree_of(_path_of(module))
    for_types = {
        id(node)
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING"
        for node in ast.walk(block)
    }
    found = set()
    for node, name in imports(_path_of(module)):
        if name.startswith(PREFIX) and id(node) not in for_types:
            names = [alias.name for alias in node.names] if isinstance(node, ast.ImportFrom) else []
            inner = {f"{name}.{one}".removeprefix(PREFIX) for one in names if _is_module(f"{name}.{one}")}
            found |= inner or {name.removeprefix(PREFIX)}
    return found


def _is_module(name: str) -> bool:
    path = PACKAGE.parent / name.replace(".", "/")
    return path.is_dir() or path.with_suffix(".py").exists()


def _modules_of(kind: str, module: str, core: str) -> set[str]:
    """Return the modules of a description: those that it needs, without those that describe another store or product."""
    others = {other for name, (other, _) in FOREIGN.items() if name != kind}
    found: set[str] = set()
    product = f"{module.removesuffix('recognition')}product"
    todo = {module} | ({product} if module.endswith(".recognition") and _path_of(product).exists() else set())
    while todo:
        one = todo.pop()
        found.add(one)
        near = {name for name in _imported(one) if _core_of(name) in (None, core) and name not in others}
        todo |= near - found
    return found


@functools.cache
def _code_lines(path: Path) -> int:
    """Return the lines of a file that hold code: no blank ones, comments, docstrings and imports."""
    text = path.read_text(encoding="utf-8")
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in NOT_CODE:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import | ast.ImportFrom) or (isinstance(node, ast.Expr) and _is_text(node.value)):
            lines.difference_update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return len(lines)


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


@pytest.mark.parametrize(("kind", "module", "core"), CASES, ids=["-".join((one[0], one[2])) for one in CASES])
def test_a_description_is_short(kind: str, module: str, core: str) -> None:
    """The description of a product on one core has at most 350 lines of code in all of its modules together."""
    sizes = {name: _code_lines(_path_of(name)) for name in sorted(_modules_of(kind, module, core))}
    assert sum(sizes.values()) <= LONGER.get((kind, core), MOST_LINES), sizes
