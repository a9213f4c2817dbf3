"""What no line of the package may say."""

from __future__ import annotations

import ast
import re

from tests.architecture.source import PACKAGE, ROOT, code_files, place, python_files, tree_of

# Only these turn untrusted text into safe text, so only these may read its true value on the way to a screen.
RAW_READERS = ("tui/present/", "cli/output")
FRONT_ENDS = ("tui", "cli")
EXECUTING_BUILTINS = {"compile", "eval", "exec"}
STYLE_ATTRIBUTES = {"CSS", "DEFAULT_CSS"}
FLOORS_WITHOUT_SQL = ("model", "engine", "client", "config", "tui", "http", "cli")
SQL = re.compile(
    r"\s*(SELECT\s.+\sFROM\s|INSERT\s+INTO\s|UPDATE\s.+\sSET\s|DELETE\s+FROM\s|(CREATE|ALTER|DROP)\s+TABLE\s)",
    re.DOTALL,
)
SUPPRESSION = re.compile(
    r"#\s*(?:noqa(?:: *[A-Z]+[0-9]+(?:, *[A-Z]+[0-9]+)*)?|type: *ignore(?:\[[^\]]*\])?)(?P<reason>[^#\n]*(?:#.*)?)"
)
REASON = re.compile(r"\w+\W+\w+")


def test_only_the_presenters_read_untrusted_text() -> None:
    """In the console and the command line, `.raw` is read by the modules that sanitise, and nowhere else."""
    found = []
    for folder in FRONT_ENDS:
        for path in python_files(PACKAGE / folder):
            if path.relative_to(PACKAGE).as_posix().startswith(RAW_READERS):
                continue
            nodes = ast.walk(tree_of(path))
            found += [place(path, node) for node in nodes if isinstance(node, ast.Attribute) and node.attr == "raw"]
    assert found == []


def test_nothing_evaluates_text() -> None:
    """No file of the package calls eval, exec or compile."""
    found = [
        f"{place(path, node)} calls {node.func.id}"
        for path in python_files(PACKAGE)
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in EXECUTING_BUILTINS
    ]
    assert found == []


def test_styles_live_in_their_folder() -> None:
    """No class of the package carries styles in Python."""
    found = [
        place(path, node)
        for path in python_files(PACKAGE)
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id in STYLE_ATTRIBUTES
    ]
    assert found == []


def test_colours_are_named_once() -> None:
    """No style sheet but tokens.tcss writes a colour by its number."""
    colour = re.compile(r":[^{]*(#[0-9a-fA-F]{3,8}\b|\brgba?\(|\bhsla?\()[^{]*;")
    found = [
        f"{place(path)}:{number}"
        for path in (ROOT / "styles").rglob("*.tcss")
        if path.name != "tokens.tcss"
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if colour.search(line)
    ]
    assert found == []


def test_sql_stays_behind_the_backends() -> None:
    """No floor that is handed its backend holds a statement."""
    found = [
        place(path, node)
        for path in python_files(PACKAGE)
        if path.relative_to(PACKAGE).parts[0].removesuffix(".py") in FLOORS_WITHOUT_SQL
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.match(node.value)
    ]
    assert found == []


def test_every_silenced_check_says_why() -> None:
    """Every suppression of a linter or type checker names the rule and gives a reason."""
    silent = []
    for path in code_files():
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            found = SUPPRESSION.search(line)
            if found and "re.compile" not in line and not REASON.search(found["reason"]):
                silent.append(f"{place(path)}:{number}")
    assert silent == []
