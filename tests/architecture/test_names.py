"""Names that say what a thing is."""

from __future__ import annotations

import ast
from collections import Counter

from tests.architecture.source import PACKAGE, ROOT, place, python_files, tree_of

BANNED_NAMES = {"common", "helper", "helpers", "manager", "managers", "misc", "shared", "tools", "util", "utils"}

# Modules that still have the name of what is done in them. One that is renamed leaves this list; none is added.
NO_NOUNS = {
    # Of the rules that judge jobs and queues each has the name of what it finds.
    "monitor/diagnosis/queues/backlog_growing",
    "monitor/diagnosis/waiting",
    "tui/screens/acting",
    "tui/screens/filtering",
    "tui/screens/marking",
    "tui/screens/ordering",
}


def test_no_module_or_folder_is_a_drawer() -> None:
    """No module or folder of the package has a name that would take anything."""
    found = [
        place(path)
        for path in PACKAGE.rglob("*")
        if (path.is_dir() or path.suffix == ".py") and BANNED_NAMES & set(path.stem.strip("_").split("_"))
    ]
    assert found == []


def test_a_module_is_named_by_a_noun() -> None:
    """No module has the name of what is done in it but those that are listed."""
    found = {path.relative_to(PACKAGE).with_suffix("").as_posix() for path in PACKAGE.rglob("*ing.py")}
    assert found == NO_NOUNS


def test_every_package_folder_says_what_it_is_for() -> None:
    """Every folder that holds Python of the package has an `__init__.py` with a docstring."""
    folders = {path.parent for path in PACKAGE.rglob("*.py")}
    silent = []
    for folder in folders:
        init = folder / "__init__.py"
        if not init.exists() or not init.read_text(encoding="utf-8").lstrip().startswith('"""'):
            silent.append(str(folder.relative_to(ROOT)))
    assert silent == []


def test_no_two_public_classes_have_one_name() -> None:
    """One word, one thing."""
    counted = Counter(
        node.name
        for path in python_files(PACKAGE)
        for node in tree_of(path).body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )
    assert {name for name, count in counted.items() if count > 1} == set()
