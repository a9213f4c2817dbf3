"""Shipped files are found where they lie."""

from __future__ import annotations

import pytest

from queuetui import resources
from queuetui.model.errors import QueueTuiError
from tests.architecture.source import ROOT


def test_a_checkout_finds_its_styles_beside_src() -> None:
    """In an editable tree the styles are read from the top-level folder, where they are edited."""
    assert resources.path("styles") == ROOT / "styles"


def test_a_file_inside_the_package_is_found() -> None:
    """A file that lies in the package is read from there."""
    assert resources.read_text("py.typed") == ""


def test_a_lost_file_is_named_with_what_to_do() -> None:
    """An installation without one of its files says which, and to install again."""
    with pytest.raises(QueueTuiError, match=r"lacks its file styles/lost\.tcss; install queuetui again"):
        resources.read_text("styles", "lost.tcss")


def test_nothing_but_styles_is_looked_for_beside_the_package() -> None:
    """A missing file of the package is not taken from whatever lies beside it."""
    with pytest.raises(QueueTuiError, match="lacks its file Makefile"):
        resources.path("Makefile")
