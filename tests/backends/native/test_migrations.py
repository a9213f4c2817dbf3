"""The schema: made by migrations alone, described once more for the console, refused when it is newer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, Table, create_engine, inspect, text
from sqlalchemy.engine.interfaces import ReflectedColumn, ReflectedIndex
from sqlalchemy.engine.reflection import Inspector

from queuetui.backends.base import BackendOptions
from queuetui.backends.native.sql.backend import open_backend
from queuetui.backends.native.sql.connect import connect_database
from queuetui.backends.native.sql.database import Database
from queuetui.backends.native.sql.look.tables import metadata
from queuetui.backends.native.sql.schema import upgrade
from queuetui.model.errors import NotFound, SchemaTooNew, SchemaTooOld
from queuetui.model.job import NewJob
from queuetui.model.limits import Limits
from queuetui.model.page import PageRequest
from queuetui.model.query_parser import parse_query
from tests.backends.native.conftest import DIALECTS

CREATE = BackendOptions(create=True)
ID = "0190a5f0-0000-7000-8000-000000000001"
# On SQLite a rowid stands before the ids, and a lease is judged by the clock of a boot.
ONLY_SQLITE = {"seq", "boot", "boot_until"}
# An upsert on MySQL does not tell whose row it left, and an index need not be able to descend.
ONLY_MYSQL = {"asked", "priority_desc", "done_desc"}
EXTRA = {"sqlite": ONLY_SQLITE, "mysql": ONLY_MYSQL}
# It has no partial indexes: the state stands in the index instead.
MYSQL_ORDER = {
    "queuetui_job_ready": ["queue", "state", "priority_desc", "due_at", "id"],
    "queuetui_job_due": ["state", "due_at", "id"],
    "queuetui_job_wait": ["queue", "state", "due_at", "id"],
    "queuetui_job_held": ["lease_id"],
    "queuetui_job_done_page": ["queue", "state", "done_desc", "id"],
    "queuetui_job_done_recent": ["state", "done_desc", "id"],
}
# Not described: indexes that one dialect alone needs.
OWN_INDEXES = {"queuetui_lease_until"}


@pytest.fixture(params=["sqlite", "postgres", "mysql"])
def url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty database of each dialect in turn."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture(params=DIALECTS.values())
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """An engine on a migrated database."""
    made = engine_of(request.getfixturevalue(request.param))
    yield made
    made.dispose()


def engine_of(url: str) -> Engine:
    """Return an engine on a store."""
    return create_engine(url.replace("postgresql://", "postgresql+psycopg://").replace("mysql://", "mysql+pymysql://"))


@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")
@pytest.mark.parametrize("table", metadata.sorted_tables, ids=lambda table: table.name)
def test_the_described_tables_are_the_migrated_ones(engine: Engine, table: Table) -> None:
    """Columns, types, nullability, primary keys and indexes are the same in the description and in the database."""
    found = inspect(engine)
    stored = {column["name"]: column for column in found.get_columns(table.name)}
    extra = set(stored) - {column.name for column in table.columns}
    assert extra <= EXTRA.get(engine.dialect.name, set())
    for column in table.columns:
        same = stored[column.name]
        assert (column.name, type_name(engine, column.type), column.nullable) == (column.name, *described(engine, same))
    assert any(key and key <= {column.name for column in table.primary_key} for key in unique_keys(found, table.name))
    expected = {index.name: [column.name for column in index.columns] for index in table.indexes}
    indexes = {index["name"]: index for index in found.get_indexes(table.name) if is_ours(index)}
    if engine.dialect.name == "mysql":
        expected = {name: MYSQL_ORDER.get(str(name), own) for name, own in expected.items()}
        expected = {name: own for name, own in expected.items() if name != "queuetui_job_done_failed"}
    assert {name: index["column_names"] for name, index in indexes.items()} == expected
    for index in () if engine.dialect.name == "mysql" else table.indexes:
        condition = index.dialect_options[engine.dialect.name]["where"]
        stored_condition = indexes[index.name]["dialect_options"].get(f"{engine.dialect.name}_where")
        assert (condition is None) == (stored_condition is None)


def type_name(engine: Engine, kind: object) -> str:
    """Return how a described type is called by a dialect."""
    name = str(kind.compile(engine.dialect)) if hasattr(kind, "compile") else str(kind)
    plain = name.split(" COLLATE")[0].upper()
    if engine.dialect.name != "mysql":
        return plain
    # A described text is stored as long as it may get, and widths for showing numbers are no part of their types.
    plain = re.sub(r"^(LONG|VAR)?(TEXT|CHAR|BLOB)(\(\d+\))?.*", r"\2", plain).replace("CHAR", "TEXT")
    return {"BOOL": "TINYINT"}.get(plain, re.sub(r"^(\w*INT\w*)\(\d+\)$", r"\1", plain))


def described(engine: Engine, column: ReflectedColumn) -> tuple[str, bool]:
    """Return the type and nullability of a stored column."""
    return type_name(engine, column["type"]), column["nullable"]


def unique_keys(found: Inspector, name: str) -> list[set[str]]:
    """Return the column sets that identify a row."""
    keys = [set(found.get_pk_constraint(name)["constrained_columns"])]
    return keys + [set(one["column_names"]) for one in found.get_unique_constraints(name)]


def is_ours(index: ReflectedIndex) -> bool:
    """Tell whether an index was made by name, and can be described by columns."""
    name = index["name"] or ""
    return name.startswith("queuetui_") and not index.get("duplicates_constraint") and name not in OWN_INDEXES


def test_a_fresh_schema_is_a_migrated_one(url: str, request: pytest.FixtureRequest) -> None:
    """Applying one migration at a time ends where applying them all at once does."""
    database = connect_database(url, CREATE)
    database.create()
    for migration in upgrade.list_migrations(database.dialect):
        assert upgrade._apply(database, migration)
        assert not upgrade._apply(database, migration)
    step_by_step = definition(database)
    wipe(database)
    assert upgrade.migrate(database) == tuple(one.name for one in upgrade.list_migrations(database.dialect))
    assert definition(database) == step_by_step
    database.close()


def definition(database: Database) -> list[tuple[object, ...]]:
    """Return all that the database says of its schema."""
    queries = {
        "mysql": (
            "select table_name, column_name, column_type, column_default, is_nullable, collation_name from information_schema.columns"
            " where table_schema = database() union all"
            " select table_name, index_name, column_name, cast(seq_in_index as char), collation, null from information_schema.statistics"
            " where table_schema = database() order by 1, 2, 3, 4"
        ),
        "sqlite": "select type, name, tbl_name, sql from sqlite_master order by 1, 2",
        "postgresql": (
            "select table_name, column_name, data_type, column_default, is_nullable from information_schema.columns"
            " where table_schema = 'public' union all"
            " select tablename, indexname, indexdef, null, null from pg_indexes where schemaname = 'public' order by 1, 2"
        ),
    }
    return database.read(
        "reading the schema", lambda session: list(session.execute(queries[session.dialect], {}).fetchall())
    )


def wipe(database: Database) -> None:
    """Delete every table of ours."""
    with database.writing("wiping") as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(text(f"drop table {table.name}"))
        if database.dialect == "postgresql":
            connection.execute(text("drop sequence queuetui_event_seq"))


def test_many_processes_may_migrate_at_once(url: str) -> None:
    """Of many that find no schema one makes it and the others wait and use it."""
    with ThreadPoolExecutor(4) as pool:
        opened = list(pool.map(lambda _: open_backend(url, CREATE), range(4)))
    assert [backend.schema.version() for backend in opened] == [upgrade.list_migrations("sqlite")[-1].number] * 4
    for backend in opened:
        backend.close()


def test_a_queue_that_is_being_made_is_no_old_one(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who opens it meanwhile finds no queue yet, and is not told to bring one up to date."""
    split, seen = upgrade.split_statements, list[str]()

    def look(text: str) -> tuple[str, ...]:
        with pytest.raises(NotFound):
            open_backend(url, BackendOptions())
        seen.append(text)
        return split(text)

    monkeypatch.setattr(upgrade, "split_statements", look)
    open_backend(url, CREATE).close()
    assert len(seen) == len(upgrade.list_migrations("sqlite"))


def test_nothing_is_pending_after_migrating(url: str) -> None:
    """A migrated store has nothing left to apply, and migrating again does nothing."""
    backend = open_backend(url, CREATE)
    assert (backend.schema.pending(), backend.schema.migrate()) == ((), ())
    backend.close()


def test_a_queue_of_the_first_schema_is_brought_up_to_date(url: str) -> None:
    """Its jobs go on; until then what only reads it says what to do."""
    database = connect_database(url, CREATE)
    database.create()
    assert upgrade._apply(database, upgrade.list_migrations(database.dialect)[0])
    if database.dialect == "mysql":
        # Each change of a table commits by itself: the first of the next migration was made when the process ended.
        database.write(
            "ending", lambda session: session.execute("alter table queuetui_job add column context text", {})
        )
    insert = "insert into queuetui_job (id, due_at, created_at, updated_at, max_attempts, state, queue, type) values "
    clock = {"postgresql": "clock_timestamp()"}.get(database.dialect, "1")
    job_id = {"postgresql": f"'{ID}'"}.get(database.dialect, f"x'{ID.replace('-', '')}'")
    lists = {"mysql": (", tags, needs", ", '[]', '[]'")}.get(database.dialect, ("", ""))
    statement = f"{insert.replace(') values', f'{lists[0]}) values')}({job_id}, {clock}, {clock}, {clock}, 3, 1, 'mail', 'Send'{lists[1]})"
    database.write("enqueuing", lambda session: session.execute(statement, {}))
    database.close()
    with pytest.raises(SchemaTooOld, match="queuetui migrate"):
        open_backend(url, BackendOptions())
    backend = open_backend(url, CREATE)
    (job,) = backend.inspector.page(PageRequest(parse_query(""), 10), Limits()).jobs
    assert (job.ref.id, job.context) == (ID, None)
    backend.close()
    open_backend(url, BackendOptions()).close()


@pytest.mark.parametrize("how", ["emptied", "dropped"])
def test_a_queue_whose_every_table_is_emptied_or_dropped_is_made_anew(
    url: str, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Tools of tests truncate or drop each table that they find: programs go on, and so does a worker whose tables stay."""
    backend = open_backend(url, CREATE)
    engine = engine_of(url)
    with engine.begin() as connection:
        names = [name for name in inspect(engine).get_table_names() if name.startswith("queuetui_")]
        for name in (name for name in names if not name.startswith("queuetui_event_")):
            connection.execute(text(f"delete from {name}" if how == "emptied" else f"drop table {name}"))
    engine.dispose()
    if how == "dropped":
        open_backend(url, CREATE).close()
    backend.jobs.enqueue([NewJob(ID, "T", b"{}")])
    lease = backend.jobs.open_lease("w", "default", 30)
    assert [job.id for job in backend.jobs.step(lease.id, [], 1).claimed] == [ID]
    assert ("the store was emptied" in caplog.text) is (how == "emptied")
    assert backend.schema.pending() == ()
    backend.close()
    open_backend(url, BackendOptions()).close()


def test_a_queue_that_says_all_but_its_protocol_is_refused(url: str) -> None:
    """Migrating adds nothing to it, so a worker ends with what to do."""
    backend = open_backend(url, CREATE)
    engine = engine_of(url)
    with engine.begin() as connection:
        connection.execute(text("delete from queuetui_meta where name = 'protocol'"))
    engine.dispose()
    with pytest.raises(SchemaTooOld, match="does not say its protocol"):
        backend.jobs.open_lease("w", "default", 30)
    backend.close()


@pytest.mark.parametrize(("name", "value"), [("schema", "999"), ("minimum_client", "999")])
def test_a_newer_schema_is_refused(url: str, name: str, value: str) -> None:
    """A store made by a newer version is not opened, migrated or guessed at, and the message says what to do."""
    backend = open_backend(url, CREATE)
    backend.database.write("ageing", lambda session: session.change("write_meta", name=name, value=value))
    for refused in (
        backend.schema.migrate,
        backend.schema.pending,
        lambda: open_backend(url, CREATE),
        lambda: open_backend(url, BackendOptions()),
    ):
        with pytest.raises(SchemaTooNew, match="install that version"):
            refused()
    backend.close()


def test_a_database_without_a_queue_is_not_opened(url: str) -> None:
    """Nothing is made in a database unless that was asked for, and the message names what was looked for."""
    database = connect_database(url, CREATE)
    database.create()
    database.close()
    with pytest.raises(NotFound, match="queuetui_meta"):
        open_backend(url, BackendOptions())
    database = connect_database(url, BackendOptions())
    assert upgrade.read_version(database) is None
    database.close()


@pytest.mark.parametrize("place", [3, -1])
def test_a_queue_whose_maker_was_killed_is_made_whole(mysql_url: str, place: int) -> None:
    """What each change of a schema has left behind is gone on from: there is nobody to take it back."""
    database = connect_database(mysql_url, CREATE)
    database.create()
    first, last = upgrade.list_migrations("mysql")[0], upgrade.list_migrations("mysql")[-1]
    with create_engine(mysql_url.replace("mysql://", "mysql+pymysql://")).connect() as killed:
        for statement in upgrade.split_statements(first.path.read_text(encoding="utf-8"))[:place]:
            killed.exec_driver_sql(statement)
        killed.commit()
    assert last in upgrade._apply(database, *upgrade.list_migrations("mysql"))
    made = definition(database)
    wipe(database)
    upgrade.migrate(database)
    assert definition(database) == made
    database.close()


def test_a_migration_is_all_or_nothing(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A migration that fails halfway leaves no table behind."""
    database = connect_database(url, CREATE)
    database.create()
    split = upgrade.split_statements
    monkeypatch.setattr(upgrade, "split_statements", lambda text: (*split(text), "insert into nowhere values (1)"))
    with pytest.raises(NotFound):
        upgrade.migrate(database)
    monkeypatch.undo()
    assert definition(database) == []
    assert upgrade.migrate(database)
    database.close()
