"""Ids of leases."""

from __future__ import annotations

import secrets
from uuid import UUID


def new_lease_id() -> UUID:
    """Return 128 random bits."""
    return UUID(bytes=secrets.token_bytes(16))
