"""Whether a database has tables that a mapping fits.

What reads them is imported only where there may be some.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from queuetui.backends.foreign.mapped.names import KIND, MAPPING, SHIPPED
from queuetui.model.errors import BadConfig

if TYPE_CHECKING:
    from queuetui.backends.base import BackendOptions
    from queuetui.backends.found import Found
    from queuetui.backends.sql.catalog import Catalog


def find(catalog: Catalog, url: str, options: BackendOptions) -> tuple[Found, ...]:
    """Return the table of the mapping file of the settings, else those that shipped mappings fit whole.

    Raises BadConfig where what is named, the file or a shipped mapping, does not fit, naming the line.
    """
    system, _, named = (options.kind or KIND).partition(":")
    if system != KIND:
        return ()
    if not named and MAPPING in options.settings:
        from queuetui.backends.foreign.mapped.products import make_product, read_file
        from queuetui.backends.tables.backend import found_of

        return found_of([make_product(read_file(options.settings[MAPPING]), catalog, options)], catalog, url)
    if named and named not in SHIPPED:
        raise BadConfig(f"no mapping called {named!r} is shipped; there are: {', '.join(SHIPPED)}", "kind")
    tables = {one.name for one in catalog.tables}
    likely = [named] if named else [name for name, table in SHIPPED.items() if table in tables]
    return _find_shipped(likely, catalog, url, options, must_fit=bool(named)) if likely else ()


def _find_shipped(
    names: list[str], catalog: Catalog, url: str, options: BackendOptions, *, must_fit: bool
) -> tuple[Found, ...]:
    from queuetui.backends.foreign.mapped.check import fits
    from queuetui.backends.foreign.mapped.products import make_product, read_shipped
    from queuetui.backends.tables.backend import found_of

    mappings = {name: read_shipped(name) for name in names}
    fitting = {name: one for name, one in mappings.items() if must_fit or fits(one, catalog)}
    products = (make_product(one, catalog, options, name) for name, one in fitting.items())
    return tuple(found for product in products for found in found_of([product], catalog, url))
