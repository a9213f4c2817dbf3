"""The page on adapters names every method of a description for the core for keys."""

from __future__ import annotations

import re

from queuetui.backends.keys.product import KeysProduct
from tests.architecture.source import ROOT

ROW = re.compile(r"^\| (?:optional: )?((?:`\w+`(?:, )?)+) \|", re.MULTILINE)


def test_every_method_of_a_description_is_listed() -> None:
    """The table has what a product of keys may have, and no other."""
    _, _, page = (ROOT / "docs" / "adapters.md").read_text(encoding="utf-8").partition("| method | returns |")
    listed = {name for row in ROW.findall(page.partition("\n\n")[0]) for name in re.findall(r"\w+", row)}
    said = {name for name in (*vars(KeysProduct), *KeysProduct.__annotations__) if not name.startswith("_")}
    assert listed == said
