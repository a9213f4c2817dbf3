"""The Python on the page about the queue and the worker is run, in its order, on a real store."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import Column, Integer, MetaData, Table, create_engine, insert

import queuetui
from queuetui import Queue
from tests.architecture.source import ROOT
from tests.docs.pages import SPAN, blocks

PAGE = ROOT / "docs" / "queue.md"
PLACE = "postgresql://app@127.0.0.1/app"
ROW = re.compile(r"^\| (`\w+\(.*) \| [^|]+ \|$", re.MULTILINE)


def test_every_example_runs(migrated_sqlite_url: str) -> None:
    """Each block works as it is written, with a queue, an engine and a table of orders at hand."""
    engine = create_engine(migrated_sqlite_url)
    orders = Table("orders", MetaData(), Column("id", Integer, primary_key=True))
    orders.create(engine)
    known: dict[str, Any] = {"engine": engine, "insert": insert, "orders": orders, "job": queuetui.job}
    for block in blocks(PAGE):
        if block.kind == "python":
            with Queue(migrated_sqlite_url) as queue:
                exec(block.text.replace(PLACE, migrated_sqlite_url), {**known, "queue": queue})  # noqa: S102 - the page's own text
    with Queue(migrated_sqlite_url) as queue:
        assert queue.stats()["total"] > 5_000
        assert len(queue.jobs("type:charge", limit=10)[0]) == 3
    engine.dispose()


def test_every_call_of_the_table_works(migrated_sqlite_url: str) -> None:
    """What programs can do like the command line is called as the table writes it."""
    text = PAGE.read_text(encoding="utf-8")
    calls = [span for row in ROW.findall(text) for span in SPAN.findall(row)]
    assert len(calls) > 10
    with Queue(migrated_sqlite_url, program="docs") as queue:
        for call in calls:
            made = queue.enqueue("charge", {"order": 7}, queue="mail")
            names = {"queue": queue, "id": made.id, "ids": [made.id]}
            eval(f"queue.{_with_names(call)}", {}, names)  # noqa: S307 - the page's own text
            queue.bulk("delete", "queue:*")


def _with_names(call: str) -> str:
    """Return a call with a value for what the page leaves to its reader."""
    return call.replace("(queue)", '("mail")').replace("ids=[...]", "ids=ids")
