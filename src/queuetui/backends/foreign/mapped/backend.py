"""Opens home-made tables by a mapping file, or by one of the shipped mappings."""

from __future__ import annotations

from pathlib import Path

from queuetui.backends.backend import Backend
from queuetui.backends.base import BackendOptions
from queuetui.backends.foreign.mapped.description import describe
from queuetui.backends.foreign.mapped.names import KIND, MAPPING, SHIPPED
from queuetui.backends.foreign.mapped.shape import Mapping, read_mapping
from queuetui.backends.foreign.mapped.shipped_mappings import read_shipped
from queuetui.backends.sql.catalog import Catalog, read_catalog
from queuetui.backends.sql.console_connection import open_database
from queuetui.backends.tables.backend import make_backend
from queuetui.backends.tables.source import Product
from queuetui.model.errors import BadConfig

_ZONE, _WAY = "mapping.zone", "mapping.way"


def open_backend(url: str, options: BackendOptions) -> Backend:
    """Open the table that `options.kind` names a shipped mapping for, else that of the mapping file of the settings.

    Raises BadConfig where the mapping does not fit, naming the line.
    """
    name = (options.kind or "").partition(":")[2]
    mapping = _read(name, options)
    database = open_database(url, options.statement_timeout_s, options.connect_timeout_s)
    try:
        with database.reading("reading what the mapped table has") as connection:
            product = make_product(mapping, read_catalog(connection), options, name)
    except BaseException:
        database.close()
        raise
    return make_backend(database, product, options)


def make_product(mapping: Mapping, catalog: Catalog, options: BackendOptions, name: str = "") -> Product:
    """Return the description of a mapped table, in the zone and with the ways of verbs that the settings name."""
    zone = options.settings.get(_ZONE)
    kind = f"{KIND}:{name}" if name else KIND
    return describe(mapping if zone is None else mapping.in_zone(zone), catalog, kind, options.settings.get(_WAY, ""))


def _read(name: str, options: BackendOptions) -> Mapping:
    if name:
        if name not in SHIPPED:
            raise BadConfig(f"no mapping called {name!r} is shipped; there are: {', '.join(SHIPPED)}", "kind")
        return read_shipped(name)
    return read_file(options.settings.get(MAPPING, ""))


def read_file(written: str) -> Mapping:
    """Read the mapping file of a path. Raises BadConfig."""
    if not written:
        raise BadConfig('no mapping file is named; give --mapping FILE, or mapping = "FILE" in the profile', "mapping")
    try:
        text = Path(written).expanduser().read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        message = f"the mapping file {written} cannot be read ({type(error).__name__}); check its path and its rights"
        raise BadConfig(message, written) from None
    return read_mapping(text, written)
