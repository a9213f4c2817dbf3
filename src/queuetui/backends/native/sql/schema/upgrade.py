"""Migrates the schema: numbered files, each applied once, in a transaction and under a lock."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from queuetui import resources
from queuetui.backends.native.odd_values import read_level
from queuetui.backends.native.sql.database import Database
from queuetui.backends.native.sql.session import Session
from queuetui.model.errors import NotFound, SchemaTooNew, SchemaTooOld

CLIENT_LEVEL = 1
# The SQLSTATEs for a table, column, index, function or row that exists already.
_THERE = {"42P07", "42701", "42710", "42723", "23505"}
_SAID_THERE = re.compile(r"already exists|duplicate column name|UNIQUE constraint failed")
_INDEX = re.compile(r"^\s*(?:create )?(?:unique )?index (queuetui_\w+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered file."""

    number: int
    name: str
    path: Path


def list_migrations(dialect: str) -> tuple[Migration, ...]:
    """Return every migration of a dialect in order."""
    folder = resources.path("backends", "native", "sql", "schema", "migrations", dialect)
    return tuple(Migration(int(file.stem.split("_")[0]), file.stem, file) for file in sorted(folder.glob("*.sql")))


def list_indexes(dialect: str) -> tuple[str, ...]:
    """Return the names of all indexes that the migrations of a dialect make."""
    texts = (one.path.read_text(encoding="utf-8") for one in list_migrations(dialect))
    return tuple(dict.fromkeys(name for text in texts for name in _INDEX.findall(text)))


def read_version(database: Database) -> int | None:
    """Return the schema's version, None when the database holds no queue of ours."""
    try:
        return database.read("reading the schema's version", _version_of)
    except NotFound:
        return None


def check_version(database: Database) -> int | None:
    """Return the schema's version; raises SchemaTooNew."""
    version = read_version(database)
    if version is not None:
        database.read("reading the schema's version", lambda session: refuse_newer(database, session))
    return version


def require_version(database: Database) -> None:
    """Require a queue of this schema; raises NotFound, SchemaTooNew and SchemaTooOld."""
    pending = pending_migrations(database)
    if read_version(database) is None:
        raise NotFound(
            "the database holds no queue of queuetui: its table queuetui_meta is not there; check the URL, or make a queue with: "
            "queuetui enqueue"
        )
    if pending:
        raise SchemaTooOld(
            f"the queue was made by an older queuetui and lacks {', '.join(pending)}; bring it up to date with: queuetui migrate"
        )


def pending_migrations(database: Database) -> tuple[str, ...]:
    """Return the names of the migrations still to apply; raises SchemaTooNew."""
    return tuple(migration.name for migration in _after(database, check_version(database)))


def migrate(database: Database) -> tuple[str, ...]:
    """Apply the pending migrations; return their names; raises SchemaTooNew.

    A new queue is created in one transaction, so that nobody can open it half made.
    """
    database.create()
    version = check_version(database)
    pending = _after(database, version)
    steps = [pending] if version is None else [(one,) for one in pending]
    return tuple(one.name for step in steps for one in _apply(database, *step))


def refuse_newer(database: Database, session: Session) -> None:
    """Refuse a schema that this queuetui does not know; raises SchemaTooNew."""
    version = _version_of(session)
    known = list_migrations(database.dialect)[-1].number
    needed = session.row("read_meta", name="minimum_client")
    level = 0 if needed is None else read_level(needed[0], "minimum_client")
    if (version is not None and version > known) or level > CLIENT_LEVEL:
        raise SchemaTooNew(
            f"the queue has schema {version} and this queuetui knows up to {known}: it was made or migrated by a newer one; "
            "install that version here too"
        )


def _after(database: Database, version: int | None) -> tuple[Migration, ...]:
    return tuple(one for one in list_migrations(database.dialect) if one.number > (version or 0))


def _version_of(session: Session) -> int | None:
    row = session.row("read_meta", name="schema")
    return None if row is None else read_level(row[0], "schema")


def _apply(database: Database, *migrations: Migration) -> tuple[Migration, ...]:
    """Apply migrations together unless another process has done so; return those that were applied."""

    def apply(session: Session) -> tuple[Migration, ...]:
        session.rows("lock_schema")
        version = 0 if session.row("find_meta") == (0,) else _version_of(session) or 0
        left = tuple(one for one in migrations if one.number > version)
        for migration in left:
            for statement in split_statements(migration.path.read_text(encoding="utf-8")):
                _make(session, statement, beside_others=version == 0)
        if left:
            session.change("write_meta", name="schema", value=str(left[-1].number))
        return left

    names = ", ".join(one.name for one in migrations)
    return database.change_schema(f"applying the migration {names}", apply) if migrations else ()


def _make(session: Session, statement: str, *, beside_others: bool) -> None:
    """Execute one statement of a migration.

    Its object may exist already: tables remain after all of them were emptied, a sequence after they were dropped.
    """
    if not beside_others or session.dialect == "mysql":
        # DDL commits implicitly on MySQL, and its session skips objects that exist.
        session.execute(statement, {})
        return
    session.execute("savepoint part", {})
    try:
        session.execute(statement, {})
    except Exception as error:
        if getattr(error, "sqlstate", None) not in _THERE and not _SAID_THERE.search(str(error)):
            raise
        session.execute("rollback to savepoint part", {})


def split_statements(text: str) -> tuple[str, ...]:
    """Return the statements of a migration, which ends each with a semicolon at the end of a line."""
    # Used to split the files of every dialect; imported late, as a worker on another dialect does not need it.
    import sqlite3

    statements: list[str] = []
    lines: list[str] = []
    for line in text.splitlines():
        if not line.lstrip().startswith("--"):
            lines.append(line)
        if line.rstrip().endswith(";") and sqlite3.complete_statement("\n".join(lines)):
            statements.append("\n".join(lines).strip())
            lines = []
    return tuple(statements)
