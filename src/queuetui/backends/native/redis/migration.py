"""The version of a namespace."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from queuetui.backends.native.odd_values import read_level
from queuetui.model.errors import SchemaTooNew

if TYPE_CHECKING:
    from collections.abc import Mapping

    from queuetui.backends.native.redis.server import Server

SCHEMA = 1
CLIENT_LEVEL = 1
PROTOCOL = 1
MIGRATIONS = ("0001_start",)


def read_version(server: Server) -> int | None:
    """Return the schema's version, None when the namespace holds no queue of ours."""
    return _version_of(server.read_meta())


def check_version(server: Server) -> int | None:
    """Return the schema's version; raises SchemaTooNew."""
    meta = server.read_meta()
    version = _version_of(meta)
    needed = read_level(meta.get("minimum_client", CLIENT_LEVEL), "minimum_client")
    if (version is not None and version > SCHEMA) or needed > CLIENT_LEVEL:
        raise SchemaTooNew(
            f"the queue has schema {version} and this queuetui knows up to {SCHEMA}: it was made or migrated by a newer one; "
            "install that version here too"
        )
    return version


def pending_migrations(server: Server) -> tuple[str, ...]:
    """Return the names of the migrations still to apply; raises SchemaTooNew."""
    return MIGRATIONS if check_version(server) is None else ()


def migrate(server: Server) -> tuple[str, ...]:
    """Create the queue if it is absent; return the names of the applied migrations; raises SchemaTooNew."""
    if not pending_migrations(server):
        return ()
    made = server.write("making the queue", "migrate", SCHEMA, CLIENT_LEVEL, PROTOCOL, uuid4().hex)
    return MIGRATIONS if made else ()


def _version_of(meta: Mapping[str, str]) -> int | None:
    return read_level(meta["schema"], "schema") if "schema" in meta else None
