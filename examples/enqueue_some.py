"""Fills the shop's queues: python enqueue_some.py [COUNT]."""

from __future__ import annotations

import random
import sys

from queuetui import Queue

SHOPS = ("North", "South", "Harbour")


def main(count: int) -> None:
    """Enqueue products to sync, mails and one import, in one transaction each."""
    with Queue() as queue:
        products = [
            queue.new(
                "sync_product",
                {"sku": f"A-{1000 + number}", "shop": random.choice(SHOPS), "trouble": 0.1},
                queue="sync",
            )
            for number in range(count)
        ]
        queue.enqueue_many(products)
        queue.enqueue_many(
            queue.new("send_mail", {"to": f"user{number}@example.com"}, queue="mail") for number in range(count)
        )
        first = queue.enqueue("import_csv", {"file": "users.csv"}, queue="import", idempotency_key="users.csv")
        again = queue.enqueue("import_csv", {"file": "users.csv"}, queue="import", idempotency_key="users.csv")
        print("the import", first.id, "is new" if again.created else "was enqueued once")
        print(queue.stats()["pending"], "jobs are pending")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
