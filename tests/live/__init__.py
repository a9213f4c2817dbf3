"""Real workers of other products: a module a product, each with its PRODUCTS, once for each version."""

from __future__ import annotations

import pkgutil
from importlib import import_module

from tests.live.product import LiveProduct


def gather_products() -> list[LiveProduct]:
    """Return every product in every version that is tried."""
    names = [one.name for one in pkgutil.iter_modules(__path__) if not one.ispkg and not one.name.startswith("test_")]
    return [product for name in names for product in getattr(import_module(f"{__name__}.{name}"), "PRODUCTS", ())]
