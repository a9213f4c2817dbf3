"""Every file and folder that a page names exists, and every link leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.architecture.source import PACKAGE, ROOT
from tests.docs.pages import pages

PATH = re.compile(r"`((?:[\w.-]+/)+(?:[\w.-]+\.(?:py|sql|lua|tcss|toml|md|svg))?)`")
LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)")
NAME = re.compile(r"`(?:\w+\.)?(_?[a-zA-Z]\w+)(?:\([^`]*\))?`")
# The pages that tell people who read the code where things are.
OF_CODE = ("architecture", "adapters", "glossary", "store-sql", "store-redis", "store-memory")
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


@pytest.mark.parametrize("page", OF_CODE)
def test_every_name_on_a_page_about_the_code_is_in_the_code(page: str, words_of_code: frozenset[str]) -> None:
    """A class, function, block or table that was renamed is missed here on the page that names it."""
    named = set(NAME.findall((ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")))
    assert len(named) > 5
    assert named - words_of_code == set()


@pytest.fixture(scope="module")
def words_of_code() -> frozenset[str]:
    """Every word in our sources, statements and scripts, and in the tests."""
    files = [
        *PACKAGE.rglob("*.py"),
        *PACKAGE.rglob("*.sql"),
        *PACKAGE.rglob("*.lua"),
        *(ROOT / "tests").rglob("*.py"),
    ]
    return frozenset(word for path in files for word in re.findall(r"\w+", path.read_text(encoding="utf-8")))


def test_a_path_that_is_gone_is_told() -> None:
    """The check can fail: of two names one is found."""
    assert missing_paths("see `tests/docs/pages.py` and `tests/docs/gone.py`") == ["tests/docs/gone.py"]
