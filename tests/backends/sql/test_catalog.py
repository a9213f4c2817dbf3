"""What a catalog tells of tables, on each database."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

import pytest

from queuetui.backends.sql.catalog import ALL_RIGHTS, Catalog, read_catalog
from queuetui.backends.sql.console_connection import open_database
from tests.backends.captures import run_script

_SCRIPTS = {
    "sqlite": "CREATE TABLE work (id INTEGER PRIMARY KEY, status TEXT NOT NULL, at TEXT);\nCREATE INDEX one ON work (status, at);\n",
    "postgres": (
        "CREATE TYPE \"Mood\" AS ENUM ('OPEN', 'DONE');\n"
        'CREATE TABLE work (id bigint PRIMARY KEY, status "Mood" NOT NULL, at timestamptz);\n'
        "CREATE INDEX one ON work (status, at);\nCREATE UNIQUE INDEX two ON work (status, lower(id::text));\n"
    ),
    "mysql": (
        "CREATE TABLE work (id bigint PRIMARY KEY, status enum('OPEN','it''s') NOT NULL, at datetime NULL, KEY one (status, at));\n"
    ),
}


def read(url: str) -> Catalog:
    """Return the catalog of a database."""
    database = open_database(url, 5, 5)
    try:
        with database.reading("reading the catalog") as connection:
            return read_catalog(connection)
    finally:
        database.close()


@pytest.mark.parametrize("store", list(_SCRIPTS))
def test_a_table_is_told_with_its_columns_labels_and_indexes(store: str, request: pytest.FixtureRequest) -> None:
    """Columns stand in their order with what may be NULL, an enum's labels are told, and indexes up to their first expression."""
    url = request.getfixturevalue(f"{store}_url")
    run_script(url, _SCRIPTS[store])
    table = read(url).find("work")
    assert table is not None
    assert [(column.name, column.nullable) for column in table.columns.values()] == [
        ("id", False),
        ("status", False),
        ("at", True),
    ]
    labels = {"sqlite": None, "postgres": ("OPEN", "DONE"), "mysql": ("OPEN", "it's")}[store]
    assert table.columns["status"].labels == labels
    assert ("status", "at") in {index.columns for index in table.indexes}
    assert table.is_unique(frozenset({"id"}))
    assert not table.is_unique(frozenset({"status", "at"}))


def test_tables_of_other_schemas_are_reached_by_their_schema(postgres_url: str) -> None:
    """A bare name reaches a table of the search path, SCHEMA.TABLE one that is not in it."""
    run_script(postgres_url, "CREATE SCHEMA far;\nCREATE TABLE far.work (id int);\n")
    catalog = read(postgres_url)
    assert catalog.find("work") is None
    found = catalog.find("far.work")
    assert found is not None
    assert found.written == "far.work"


def test_what_a_user_may_do_and_see_is_told(postgres_url: str) -> None:
    """Rights are told one by one, and row security where it keeps rows from who asks; its owner sees all."""
    run_script(
        postgres_url,
        "CREATE TABLE work (id int);\nALTER TABLE work ENABLE ROW LEVEL SECURITY;\nDROP ROLE IF EXISTS catalog_reader;\n"
        "CREATE ROLE catalog_reader LOGIN;\nGRANT SELECT, UPDATE ON work TO catalog_reader;\nCREATE TABLE kept (id int);\n",
    )
    own = read(postgres_url).find("work")
    parts = urlsplit(postgres_url)
    reader = read(urlunsplit(parts._replace(netloc=f"catalog_reader@{parts.hostname}:{parts.port}")))
    seen, kept = reader.find("work"), reader.find("kept")
    assert own is not None
    assert seen is not None
    assert kept is not None
    assert (own.rights, own.hides_rows) == (ALL_RIGHTS, False)
    assert (seen.rights, seen.hides_rows) == (frozenset({"select", "update"}), True)
    assert (kept.rights, kept.is_readable) == (frozenset(), False)


@pytest.mark.parametrize(
    ("store", "kinds"),
    [
        ("sqlite", ("text collate nocase", "text")),
        ("postgres", ("citext", "text")),
        ("mysql", ("varchar(20) collate utf8mb4_general_ci", "varchar(20) collate utf8mb4_bin")),
    ],
)
def test_a_column_that_folds_case_is_told(store: str, kinds: tuple[str, str], request: pytest.FixtureRequest) -> None:
    """Of two columns, the one whose collation takes Mail and mail for one is told."""
    url = request.getfixturevalue(f"{store}_url")
    extension = "CREATE EXTENSION citext;\n" if store == "postgres" else ""
    run_script(url, f"{extension}CREATE TABLE work (folded {kinds[0]}, plain {kinds[1]});\n")
    table = read(url).find("work")
    assert table is not None
    assert {name: column.folds for name, column in table.columns.items()} == {"folded": True, "plain": False}
