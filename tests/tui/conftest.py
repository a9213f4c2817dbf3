"""Every console of these tests is waited for by its work, and its styles are parsed once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import textual.app
import textual.pilot
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet

from tests.tui.settling import settle


@pytest.fixture(autouse=True, scope="session")
def settled_by_work() -> Iterator[None]:
    """Let the pilot, also that of pictures, wait for what is left to do instead of for a quiet processor."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (textual.app, textual.pilot):
            patch.setattr(module, "wait_for_idle", settle)
        yield


@pytest.fixture(autouse=True, scope="session")
def styles_parsed_once() -> Iterator[None]:
    """Keep parsed rules from one console to the next, as Textual does within one: a sixth of the time went there."""
    parsed: dict[tuple[Any, ...], list[RuleSet]] = {}
    parse = Stylesheet._parse_rules

    def parse_once(sheet: Stylesheet, css: str, *place: Any, **more: Any) -> list[RuleSet]:
        key = (frozenset(sheet._variables.items()), css, place, frozenset(more.items()))
        if key not in parsed:
            parsed[key] = parse(sheet, css, *place, **more)
        return parsed[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Stylesheet, "_parse_rules", parse_once)
        # Each rule is looked up for each node; by itself it is the same number, but told by a call in Python.
        patch.setattr(RuleSet, "__hash__", object.__hash__)
        yield
