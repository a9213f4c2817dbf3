"""What people call a model that a command stores by class and id."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import make_url

from queuetui.backends.backend import Backend
from queuetui.backends.base import iterate
from queuetui.backends.foreign.laravel.models import table_of
from queuetui.model.limits import Limits
from queuetui.model.query_parser import parse_query
from queuetui.model.snapshot import Watch
from queuetui.model.text import Untrusted
from tests.backends.captures import Capture, query
from tests.backends.laravel.acts import choose

_IDENTIFIER = "Illuminate\\Contracts\\Database\\ModelIdentifier"


@pytest.mark.parametrize(
    ("class_name", "name"),
    [
        ("App\\Models\\Product", "products"),
        ("App\\Models\\OrderItem", "order_items"),
        ("App\\Category", "categories"),
        ("Day", "days"),
        ("App\\Models\\TaxBox", "tax_boxes"),
        ("App\\Models\\Branch", "branches"),
        ("App\\Models\\Person", "people"),
        ("App\\Models\\SalesPerson", "sales_people"),
        ("App\\Models\\News", "news"),
        ("App\\Models\\Address", "addresses"),
        ("", ""),
    ],
)
def test_the_frameworks_naming_gives_the_table(class_name: str, name: str) -> None:
    """The class in lower case with underscores, its last word in the plural."""
    assert table_of(class_name) == name


def _text(value: str) -> str:
    return f's:{len(value)}:"{value}";'


def _model(class_name: str, stored_id: str, connection: str = "N;") -> str:
    fields = f"{_text('class')}{_text(class_name)}{_text('id')}{stored_id}{_text('relations')}a:0:{{}}"
    return f'O:{len(_IDENTIFIER)}:"{_IDENTIFIER}":4:{{{fields}{_text("connection")}{connection}}}'


def _store(capture: Capture, **members: str) -> None:
    """Make all waiting jobs hold these properties."""
    held = "".join(f"{_text(name)}{value}" for name, value in members.items())
    command = f'O:3:"Job":{len(members)}:{{{held}}}'
    payload = json.dumps({"displayName": "Sync", "data": {"commandName": "Job", "command": command}})
    payload = payload.replace("\\", "\\\\") if capture.url.startswith("mysql") else payload
    query(capture.url, f"UPDATE jobs SET payload = '{payload}'")


def _data(backend: Backend) -> str:
    data = choose(backend, "type:Sync").data
    return "" if data is None else data.raw


def test_models_are_named_by_their_rows(capture: Capture) -> None:
    """A row's label stands for its id; where nothing is found or allowed the ids stay, and the rest of the page is read."""
    query(capture.url, "CREATE TABLE products (id BIGINT PRIMARY KEY, sku VARCHAR(20), name VARCHAR(20))")
    query(capture.url, "INSERT INTO products VALUES (300000, 'A-1042', 'Lamp'), (2, '', 'Chair')")
    query(capture.url, "CREATE TABLE my_shops (id VARCHAR(20) PRIMARY KEY, city VARCHAR(20))")
    query(capture.url, "INSERT INTO my_shops VALUES ('1', 'Bern')")
    product, shop = _model("App\\Models\\Product", "i:300000;"), _model("App\\Models\\Shop", "i:1;")
    _store(capture, product=product, shop=shop)
    place = {"model.App\\Models\\Shop": "my_shops:city"}
    cases: tuple[tuple[dict[str, Any], str], ...] = (
        ({}, "sku A-1042 shop 1"),
        (place, "sku A-1042 shop Bern"),
        ({"labels": "off"}, "product 300000 shop 1"),
        ({"labels": "name"}, "product Lamp shop 1"),
    )
    for settings, shown in cases:
        assert _data(capture.open(**settings)) == shown
    backend = capture.open()
    assert backend.inspector.get(choose(backend, "type:Sync").ref.id).data == Untrusted("sku A-1042 shop 1")
    several = "a:5:{i:0;i:300000;i:1;i:2;i:2;i:9;i:3;i:4;i:4;i:5;}"
    models = {
        "A-1042, Chair, 9 and 2 more": _model("App\\Models\\Product", several),
        "300000": _model("App\\Models\\Product", "i:300000;", _text("warehouse")),
        "7": _model("App\\Models\\Nowhere", "i:7;"),
    }
    for shown, model in models.items():
        _store(capture, thing=model)
        assert _data(capture.open()) == f"thing {shown}"


READER = {
    "postgres": (
        "CREATE ROLE %s LOGIN PASSWORD 'look'",
        "GRANT USAGE ON SCHEMA public TO %s",
        "GRANT SELECT ON public.jobs, public.failed_jobs, public.products TO %s",
        "GRANT SELECT (id) ON public.users TO %s",
    ),
    "mysql": (
        "CREATE USER %s IDENTIFIED BY 'look'",
        "GRANT SELECT ON jobs TO %s",
        "GRANT SELECT ON failed_jobs TO %s",
        "GRANT SELECT ON products TO %s",
        "GRANT SELECT (id) ON users TO %s",
    ),
}


def test_a_reader_sees_labels_where_it_may_and_ids_elsewhere(capture: Capture) -> None:
    """A user that may only SELECT, that a table or a label's column is denied to: ids stay there, labels stand elsewhere."""
    kind = next((one for one in READER if capture.url.startswith(one)), None)
    if kind is None:
        pytest.skip("SQLite has no users")
    for table in ("products", "secrets", "users"):
        query(capture.url, f"CREATE TABLE {table} (id BIGINT PRIMARY KEY, name VARCHAR(20))")
        query(capture.url, f"INSERT INTO {table} VALUES (7, 'Lamp')")
    reader = f"reader_{uuid4().hex[:12]}"
    for statement in READER[kind]:
        query(capture.url, statement % reader)
    address = make_url(capture.url).set(username=reader, password="look")
    denied = replace(capture, url=address.render_as_string(hide_password=False), opened=[])
    for name, shown in (("Product", "Lamp"), ("Secret", "7"), ("User", "7")):
        _store(capture, thing=_model(f"App\\Models\\{name}", "i:7;"))
        backend = denied.open()
        jobs = list(iterate(backend.inspector, parse_query("type:Sync"), Limits()))
        assert {job.data for job in jobs} == {Untrusted(f"thing {shown}")}
        assert not backend.inspector.snapshot(Watch()).problems
    denied.close()
