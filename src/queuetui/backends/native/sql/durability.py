"""What a store of ours can do, and how safe its commits are."""

from __future__ import annotations

from sqlalchemy import Connection, text

from queuetui.backends.native.query_scope import KEPT
from queuetui.model.act import Verb
from queuetui.model.capabilities import Capabilities

_LABELS = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
_SETTINGS = text(
    "select current_setting('fsync'), current_setting('full_page_writes'), current_setting('synchronous_commit')"
)


def describe_capabilities(connection: Connection) -> Capabilities:
    """Return what the store can do."""
    dialect = connection.dialect.name
    return Capabilities(
        kind="native",
        label=f"queuetui on {_LABELS[dialect]}",
        native=True,
        verbs=frozenset(Verb),
        keeps=KEPT,
        leases=True,
        workers=True,
        tally=True,
        attempts=True,
        events=True,
        # Our writers always flush an SQLite file at each commit (synchronous = FULL).
        durability="A" if dialect == "sqlite" else _grade_of_postgresql(connection),
    )


def _grade_of_postgresql(connection: Connection) -> str:
    fsync, whole_pages, synchronous = connection.execute(_SETTINGS).one()
    # Without whole pages a page that was torn by a power cut stays torn.
    if "off" in {fsync, whole_pages}:
        return "C"
    return "B" if synchronous == "off" else "A"
