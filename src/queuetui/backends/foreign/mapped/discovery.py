"""Whether there are tables in a database that a mapping fits; loads what reads them only where there may be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from queuetui.backends.foreign.mapped.names import MAPPING

if TYPE_CHECKING:
    from queuetui.backends.base import BackendOptions, Found


def discover(url: str, options: BackendOptions, *, counted: bool = True) -> tuple[Found, ...]:
    """Return the tables that shipped mappings fit whole, and that of the mapping file of the settings."""
    if url.startswith("sqlite") and MAPPING not in options.settings:
        return ()
    from queuetui.backends.foreign.mapped.finding import find_tables

    return find_tables(url, options, counted=counted)
