"""The jobs that the demo enqueues: many at the start, then a few at a time."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from queuetui.client import Queue
from queuetui.model.job import NewJob

SHOPS = ("North", "South", "Harbour", "Old Town", "Airport")
PEOPLE = ("ann", "ben", "chloe", "dev", "emi", "farid", "greta", "hugo")
REPORTS = ("Margins by shop", "Returns", "Stock below minimum", "Turnover by hour")
LIVELY_MOST = 3
DELAYED = 0.15


def open_workload(chance: Random) -> list[NewJob]:
    """Return the jobs that are there from the start: enough of each kind to see something at once."""
    jobs = [make_job(chance) for _ in range(40)]
    jobs += [_mail(chance, "no-address-here", max_attempts=1) for _ in range(3)]
    jobs += [Queue.new("render_report", _report(chance, shops=0), queue="reports", max_attempts=2) for _ in range(2)]
    jobs += [_later(chance, hours) for hours in (1, 6, 24)]
    return jobs


def next_jobs(chance: Random) -> list[NewJob]:
    """Return the jobs to enqueue now: mostly a few, sometimes none."""
    return [make_job(chance) for _ in range(chance.randint(0, LIVELY_MOST))]


def make_job(chance: Random) -> NewJob:
    """Return one ordinary job."""
    (kind,) = chance.choices(list(_KINDS), weights=list(_KINDS.values()))
    return kind(chance)


def standing_jobs(chance: Random) -> dict[str, NewJob]:
    """Return the jobs of which there must always be one, by the filter that finds it.

    They keep the Stuck tab filled.
    """
    long = chance.random() < 0.7  # noqa: PLR2004 - some exports are short enough to end between two kills
    file = f"orders-2026-{chance.randint(1, 12):02}.csv"
    return {
        "type:rebuild_index is:live": Queue.new("rebuild_index", {"name": "products"}, queue="search"),
        "queue:exports is:live": Queue.new(
            "export_orders", {"file": file, "seconds": 25 if long else 3}, queue="exports", name="Export orders"
        ),
        "queue:archive is:live": Queue.new(
            "archive_invoices", {"file": f"invoices-{chance.randint(2019, 2025)}.zip"}, queue="archive"
        ),
    }


def _mail(chance: Random, to: str | None = None, max_attempts: int = 3) -> NewJob:
    person = chance.choice(PEOPLE)
    payload = {
        "to": to or f"{person}@example.com",
        "subject": chance.choice(("Welcome", "Your order", "Your invoice", "We miss you")),
        "seconds": round(chance.uniform(0.05, 0.4), 2),
    }
    delay = chance.uniform(5, 90) if chance.random() < DELAYED else 0
    return Queue.new("send_mail", payload, queue="mail", delay=delay, max_attempts=max_attempts)


def _sync(chance: Random) -> NewJob:
    payload = {
        "sku": _sku(chance),
        "shop": {"name": chance.choice(SHOPS)},
        "seconds": round(chance.uniform(0.1, 0.8), 2),
    }
    return Queue.new("sync_product", payload, queue="sync", priority=chance.choice(("normal", "normal", "high")))


def _order(chance: Random) -> NewJob:
    shop, person = chance.choice(SHOPS), chance.choice(PEOPLE)
    payload = {"sku": _sku(chance), "shop": shop, "email": f"{person}@example.com"}
    return Queue.new("place_order", payload, queue="orders", priority="critical", tags=(shop,))


def _import(chance: Random) -> NewJob:
    rows = chance.randint(200, 5000)
    payload = {"file": f"stock-{chance.choice(SHOPS)}.csv".lower(), "rows": rows, "seconds": 1 + rows / 2000}
    return Queue.new("import_csv", payload, queue="import", priority="low")


def _render(chance: Random) -> NewJob:
    return Queue.new("render_report", _report(chance, chance.randint(1, 5)), queue="reports")


def _report(chance: Random, shops: int) -> dict[str, object]:
    turnover = chance.randint(1000, 90_000)
    return {"name": chance.choice(REPORTS), "shops": shops, "turnover": turnover, "seconds": chance.choice((1, 2, 3))}


def _later(chance: Random, hours: float) -> NewJob:
    return Queue.new("render_report", _report(chance, 3), queue="reports", delay=hours * 3600)


def _sku(chance: Random) -> str:
    return f"{chance.choice('ABCD')}-{chance.randint(1000, 1999)}"


_KINDS: dict[Callable[[Random], NewJob], int] = {_mail: 5, _sync: 5, _order: 2, _import: 1, _render: 1}
