"""The pages on our stores name every table, index, key and dictionary that there is."""

from __future__ import annotations

import dataclasses
import re

import pytest

from queuetui.backends.native.memory.store import MemoryStore
from queuetui.backends.native.redis import keys
from tests.architecture.source import PACKAGE, ROOT

MADE = re.compile(r"create table (queuetui_\w+)|create index (queuetui_job_\w+) on queuetui_job(?:_done)? ")
# What begins a line or a second column of the list of keys, with a part in capitals where there are many of a kind.
KEY = re.compile(r"(?:^|\s{2,})([a-z]+(?::[a-zA-Z]+)*(?:, [a-z]+(?::[a-zA-Z]+)*)*)(?=\s{2,})", re.MULTILINE)
NOT_A_RECORD = {"clock", "retention", "lock"}


def read_page(name: str) -> str:
    """Return a page of the documentation."""
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_the_page_names_every_table_and_index_of_jobs(database: str) -> None:
    """Every table that a migration makes, and every index on jobs, is explained."""
    page = read_page("store-sql.md")
    (folder,) = PACKAGE.glob(f"backends/native/sql/**/migrations/{database}")
    made = {one or two for path in folder.glob("*.sql") for one, two in MADE.findall(path.read_text(encoding="utf-8"))}
    assert len(made) > 20
    assert {name for name in made if f"`{name}`" not in page} == set()


def test_the_page_names_every_key() -> None:
    """Every key that the list in the code names is explained."""
    page = read_page("store-redis.md")
    _, _, listed = (keys.__doc__ or "").partition("\n\n")
    named = {name for many in KEY.findall(listed) for name in many.split(", ")}
    assert len(named) > 30
    assert {name for name in named if f"`{name}`" not in page} == set()


def test_the_page_names_every_dictionary() -> None:
    """Every part of the store in memory is explained."""
    page = read_page("store-memory.md")
    parts = {one.name for one in dataclasses.fields(MemoryStore)} - NOT_A_RECORD
    assert {name for name in parts if f"`{name}`" not in page} == set()
