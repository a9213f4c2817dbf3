"""A small shop: every way a handler can be written, and every way it can end.

Start a worker in this folder and give it work:

    queuetui worker --app shop_app
    queuetui enqueue sync_product -p '{"sku": "A-1042", "shop": "North"}'
"""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any

from queuetui import Backoff, Context, Queue, Retry, Snooze, job

Payload = dict[str, Any]


@job("sync_product", queue="sync", max_attempts=5, backoff=Backoff(base_s=0.5, cap_s=30))
def sync_product(payload: Payload, context: Context) -> dict[str, str]:
    """Declared by name with rules of its own; a shop that does not answer is tried again."""
    context.log.info("syncing %s to %s", payload["sku"], payload["shop"])
    if random.random() < payload.get("trouble", 0.0):
        message = f"{payload['shop']} did not answer within 2 s"
        raise TimeoutError(message)
    return {"sku": payload["sku"], "shop": payload["shop"]}


@job(queue="import")
def import_csv(payload: Payload, context: Context) -> int:
    """A long job that reports progress and ends when it is cancelled."""
    rows = int(payload.get("rows", 50))
    pause = Event()
    for row in range(rows):
        context.raise_if_cancelled()
        pause.wait(payload.get("seconds_a_row", 0.02))
        context.progress((row + 1) / rows, f"row {row + 1} of {rows}")
    return rows


@job("send_mail", queue="mail", timeout=10)
async def send_mail(payload: Payload) -> str:
    """An async handler; all of them share one loop."""
    await asyncio.sleep(payload.get("seconds", 0.05))
    return f"sent to {payload['to']}"


@job("order_placed", queue="orders")
class OrderPlaced:
    """A class with `handle`: made anew for each run. The jobs it enqueues inherit its correlation id."""

    def handle(self, payload: Payload) -> dict[str, str]:
        """Enqueue what an order sets off."""
        with Queue() as queue:
            mail = queue.enqueue(send_mail, {"to": payload["email"], "order": payload["id"]})
            sync = queue.enqueue(sync_product, {"sku": payload["sku"], "shop": "North"}, priority="high")
        return {"mail": mail.id, "sync": sync.id}


@job("charge_card", queue="orders", ack="each")
def charge_card(payload: Payload, context: Context) -> str | Retry:
    """Asks to be run again at a time; its ending is written at once, so that a crash does not charge twice."""
    if payload.get("bank_closed") and not context.is_last_attempt:
        return Retry(
            at=datetime.now(UTC) + timedelta(seconds=payload.get("opens_in_s", 5)), reason="the bank is closed"
        )
    return f"charged with idempotency token {context.job_id}"


@job("wait_for_stock", queue="orders")
def wait_for_stock(payload: Payload) -> str:
    """Snoozes until there is something to do; no attempt is used up."""
    if not payload.get("in_stock", random.random() < 0.5):  # noqa: PLR2004 - an even chance
        raise Snooze(payload.get("look_again_s", 3))
    return "in stock"


def check_stock(payload: Payload) -> bool:
    """Undeclared: found by its bare name with --app, or by its path shop_app:check_stock. False is a failure."""
    return int(payload.get("count", 0)) > 0


@job("hang", queue="sync")
def hang(payload: Payload) -> None:
    """Never looks at `cancelled()`: what a hanging job looks like from outside."""
    Event().wait(payload.get("seconds", 3600))
