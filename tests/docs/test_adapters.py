"""The page on adapters names every method of a description for the core for keys."""

from __future__ import annotations

import re

from queuetui.backends.keys import product
from tests.architecture.source import ROOT

ROW = re.compile(r"^\| (?:optional: )?((?:`\w+`(?:, )?)+) \|", re.MULTILINE)
PROTOCOLS = [
    one for one in vars(product).values() if getattr(one, "_is_protocol", False) and one.__module__ == product.__name__
]


def test_every_method_of_a_description_is_listed() -> None:
    """The table has the methods of all protocols of a product of keys, and no other."""
    _, _, page = (ROOT / "docs" / "adapters.md").read_text(encoding="utf-8").partition("| method | returns |")
    listed = {name for row in ROW.findall(page.partition("\n\n")[0]) for name in re.findall(r"\w+", row)}
    assert len(PROTOCOLS) > 3
    assert listed == {name for one in PROTOCOLS for name in vars(one) if not name.startswith("_")}
