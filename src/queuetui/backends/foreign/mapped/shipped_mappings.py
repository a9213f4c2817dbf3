"""The mappings of home-made tables that are known, by the kind that a person names."""

from __future__ import annotations

from queuetui import resources
from queuetui.backends.foreign.mapped.shape import Mapping, read_mapping

_FOLDER = ("backends", "foreign", "mapped", "shipped")


def read_shipped(kind: str) -> Mapping:
    """Return a mapping that ships with queuetui."""
    return read_mapping(resources.read_text(*_FOLDER, f"{kind}.toml"), f"{kind}.toml")
