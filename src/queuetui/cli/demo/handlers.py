"""The handlers of the demo's workers.

A shop's mails, syncs, imports and reports, two that recur, and two jobs that go wrong for good.
"""

from __future__ import annotations

import os
import random
import signal
from threading import Event
from typing import Any

from queuetui import Backoff, Context, Queue, job

Payload = dict[str, Any]
SOON = Backoff(base_s=1, cap_s=15)
MAIL_TROUBLE = 0.05
SHOP_TROUBLE = 0.2
STEP_S = 0.25


@job("send_mail", queue="mail", backoff=SOON)
def send_mail(payload: Payload, context: Context) -> dict[str, str]:
    """Send a mail; a timeout is retried, an invalid address fails for good."""
    work(context, payload["seconds"])
    if "@" not in payload["to"]:
        message = f"{payload['to']!r} is not an address"
        raise ValueError(message)
    if random.random() < MAIL_TROUBLE:
        message = "the mail server was silent for 10 s"
        raise TimeoutError(message)
    return {"sent_to": payload["to"]}


@job("sync_product", queue="sync", backoff=SOON)
def sync_product(payload: Payload, context: Context) -> dict[str, str]:
    """Send a product to a shop that does not always answer."""
    work(context, payload["seconds"])
    if random.random() < SHOP_TROUBLE:
        message = f"shop {payload['shop']['name']} answered 503 Service Unavailable"
        raise ConnectionError(message)
    return {"synced": payload["sku"]}


@job("place_order", queue="orders")
def place_order(payload: Payload) -> dict[str, str]:
    """Enqueue a mail and a sync, which inherit the order's correlation id."""
    with Queue() as queue:
        mail = queue.enqueue(send_mail, {"to": payload["email"], "subject": "Your order", "seconds": 0.1})
        sync = queue.enqueue(
            sync_product,
            {"sku": payload["sku"], "shop": {"name": payload["shop"]}, "seconds": 0.2},
            priority="high",
        )
    return {"mail": mail.id, "sync": sync.id}


@job("import_csv", queue="import")
def import_csv(payload: Payload, context: Context) -> int:
    """Read a file row by row and report progress."""
    work(context, payload["seconds"], f"of {payload['rows']} rows")
    return int(payload["rows"])


@job("render_report", queue="reports", backoff=SOON)
def render_report(payload: Payload, context: Context) -> dict[str, int]:
    """Render a report; one of them divides by the number of its shops, which may be 0."""
    work(context, payload["seconds"])
    return {"shops": payload["shops"], "mean": payload["turnover"] // payload["shops"]}


@job("check_stock", queue="sync", every=15)
def check_stock(_: Payload, context: Context) -> dict[str, int]:
    """Recur every 15 seconds: count what runs low."""
    work(context, STEP_S)
    return {"low": random.randint(0, 9)}


@job("sum_up_the_day", queue="reports", cron="30 2 * * *", tz="Europe/Berlin")
def sum_up_the_day(_: Payload, context: Context) -> None:
    """Recur each night."""
    work(context, 2)


@job("crash", queue="exports")
def crash(_: Payload) -> None:
    """Crash the worker, like a fault in a C library."""
    os.kill(os.getpid(), signal.SIGKILL)


@job("export_orders", queue="exports")
def export_orders(payload: Payload, context: Context) -> str:
    """Run for long in a worker that is killed now and then."""
    work(context, payload["seconds"], payload["file"])
    return f"written to {payload['file']}"


@job("call_shop", queue="exports", backoff=SOON)
def call_shop(payload: Payload) -> None:
    """Call a shop that is down: every attempt fails at once."""
    message = f"shop {payload['shop']['name']} answered 503 Service Unavailable"
    raise ConnectionError(message)


@job("rebuild_index", queue="search")
def rebuild_index(payload: Payload, context: Context) -> None:
    """Hang in a live worker; it ends when it is cancelled."""
    context.log.info("rebuilding the index of %s", payload["name"])
    while True:
        work(context, STEP_S)


def work(context: Context, seconds: float, note: str = "") -> None:
    """Take some time, checking at every step whether the run should end."""
    pause = Event()
    steps = max(1, round(seconds / STEP_S))
    for step in range(steps):
        context.raise_if_cancelled()
        pause.wait(seconds / steps)
        if note:
            context.progress((step + 1) / steps, note)
