"""Every file and folder that a page names exists, and every link leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.architecture.source import PACKAGE, ROOT
from tests.docs.pages import pages

PATH = re.compile(r"`((?:[\w.-]+/)+(?:[\w.-]+\.(?:py|sql|lua|tcss|toml|md|svg))?)`")
LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)")
BASES = (ROOT, PACKAGE, PACKAGE / "backends" / "native" / "sql", PACKAGE / "backends" / "native" / "redis" / "scripts")


def missing_paths(text: str) -> list[str]:
    """Return the paths in a text that exist neither in the project nor in the package."""
    # Where the name of a product or a database stands for any, there is no file of that name.
    named = {name for name in PATH.findall(text) if not re.search(r"\b(NAME|X|DATABASE)\b", name)}
    return sorted(name for name in named if not any((base / name).exists() for base in BASES))


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_every_path_of_a_page_exists(page: Path) -> None:
    """A file that was moved or renamed is missed here on the page that names it."""
    assert missing_paths(page.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_every_link_of_a_page_leads_to_a_file(page: Path) -> None:
    """A link to a page or picture that is gone is missed here."""
    links = LINK.findall(page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_a_path_that_is_gone_is_told() -> None:
    """The check can fail: of two names one is found."""
    assert missing_paths("see `tests/docs/pages.py` and `tests/docs/gone.py`") == ["tests/docs/gone.py"]
