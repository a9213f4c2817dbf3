"""The mappings of home-made tables that are known, by the kind that a person names."""

from __future__ import annotations

from queuetui import resources
from queuetui.backends.foreign.mapped.check import fits
from queuetui.backends.foreign.mapped.names import SHIPPED
from queuetui.backends.foreign.mapped.shape import Mapping, read_mapping
from queuetui.backends.sql.catalog import Catalog

_FOLDER = ("backends", "foreign", "mapped", "shipped")


def read_shipped(kind: str) -> Mapping:
    """Return a mapping that ships with queuetui."""
    return read_mapping(resources.read_text(*_FOLDER, f"{kind}.toml"), f"{kind}.toml")


def recognise(catalog: Catalog) -> tuple[str, ...]:
    """Return the kinds whose tables are there with every column that their mapping names."""
    return tuple(kind for kind in SHIPPED if fits(read_shipped(kind), catalog))
