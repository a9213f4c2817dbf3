"""Every promise of the page on guarantees names the tests that hold it, and these exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.architecture.source import ROOT, functions

PAGE = ROOT / "docs" / "guarantees.md"
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def read_section(title: str) -> str:
    """Return the text below a heading of the second level."""
    _, _, rest = PAGE.read_text(encoding="utf-8").partition(f"\n## {title}\n")
    assert rest, f"the page has no section {title!r}"
    return rest.partition("\n## ")[0]


def read_promises() -> list[str]:
    """Return the promises, each with the lines of its proof."""
    return [item.strip() for item in re.split(r"^- ", read_section("Promised"), flags=re.MULTILINE)[1:]]


def read_grades() -> list[str]:
    """Return the rows of the table of grades, without its head."""
    rows = [line for line in read_section("Grades").splitlines() if line.startswith("| ")]
    return rows[1:]


def name_of(promise: str) -> str:
    """Return the beginning of a promise, to name a test by."""
    return " ".join(promise.split()[:8])


PROMISES, GRADES = read_promises(), read_grades()


@pytest.mark.parametrize("promise", PROMISES, ids=name_of)
def test_a_promise_names_its_proof(promise: str) -> None:
    """A promise is one sentence, and its proof one test or more."""
    said, _, proof = promise.partition("\n  Proof: ")
    assert said.rstrip().endswith(".")
    assert ". " not in said, "one promise, one sentence"
    assert NAMED.findall(proof.partition("\n#")[0]), "no test is named"


@pytest.mark.parametrize("row", GRADES, ids=name_of)
def test_a_grade_names_its_proof(row: str) -> None:
    """Each row of the table of grades ends with the test that holds it."""
    assert NAMED.findall(row.rstrip("| ").rpartition("|")[2])


def test_there_are_promises_and_grades() -> None:
    """The page is read as it is meant: its promises and grades are found."""
    assert len(PROMISES) > 20
    assert len(GRADES) == 12


def test_every_test_that_is_named_exists() -> None:
    """A test that was renamed or dropped is missed here, wherever on the page it stands."""
    named = NAMED.findall(PAGE.read_text(encoding="utf-8"))
    assert [f"{file}::{name}" for file, name in named if not _has_test(ROOT / file, name)] == []


def _has_test(path: Path, name: str) -> bool:
    return path.is_file() and any(one.name == name for one in functions(path))
