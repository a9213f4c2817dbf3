"""Reads mapping files, those that are shipped too, and makes products of them."""

from __future__ import annotations

from pathlib import Path

from queuetui import resources
from queuetui.backends.base import BackendOptions
from queuetui.backends.foreign.mapped.description import describe
from queuetui.backends.foreign.mapped.names import KIND, ZONE
from queuetui.backends.foreign.mapped.shape import Mapping, read_mapping
from queuetui.backends.sql.catalog import Catalog
from queuetui.backends.tables.product import Product
from queuetui.model.bounded_text import read_settings_text
from queuetui.model.errors import BadConfig, words_of

_FOLDER = ("backends", "foreign", "mapped", "shipped")
_WAY = "mapping.way"


def make_product(mapping: Mapping, catalog: Catalog, options: BackendOptions, name: str = "") -> Product:
    """Return the description of a mapped table, with the zone and verbs that the settings choose."""
    zone = options.settings.get(ZONE)
    kind = f"{KIND}:{name}" if name else KIND
    return describe(mapping if zone is None else mapping.in_zone(zone), catalog, kind, options.settings.get(_WAY, ""))


def read_file(written: str) -> Mapping:
    """Read the mapping file of a path; raises BadConfig."""
    if not written:
        raise BadConfig('no mapping file is named; give --mapping FILE, or mapping = "FILE" in the profile', "mapping")
    try:
        text = read_settings_text(Path(written).expanduser(), is_read_again=True)
    except (OSError, ValueError, RuntimeError) as error:
        # A RuntimeError is what a ~ raises of a user who has no home.
        message = f"the mapping file {written} cannot be read ({words_of(error)}); check its path and its rights"
        raise BadConfig(message, written) from None
    return read_mapping(text, written)


def read_shipped(kind: str) -> Mapping:
    """Return a mapping that ships with queuetui."""
    return read_mapping(resources.read_text(*_FOLDER, f"{kind}.toml"), f"{kind}.toml")
