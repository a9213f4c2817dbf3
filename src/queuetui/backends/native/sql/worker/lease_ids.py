"""Ids of leases."""

from __future__ import annotations

import os
from uuid import UUID


def new_lease_id() -> UUID:
    """Return 128 random bits."""
    return UUID(bytes=os.urandom(16))
