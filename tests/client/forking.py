"""A program that uses one queue before it forks and after, in the parent and in four children, while another thread is at it.

Prints one JSON object: the ids that each process was told are stored, and how many of them are there.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import sys
from threading import Event, Thread

from queuetui.client import Queue

JOBS = 3
CHILDREN = 4


def enqueue_some(queue: Queue, name: str) -> list[str]:
    """Store jobs in each way that there is, look at them, act on one."""
    ids = [queue.enqueue("app:run", {"by": name}).id for _ in range(JOBS)]
    ids += [stored.id for stored in queue.enqueue_many(queue.new_many("app:run", range(JOBS)))]
    # Debugging, which -X dev asks for, would warn of whatever takes long on a busy machine.
    ids.append(asyncio.run(queue.aenqueue("app:run", {"by": name}), debug=False).id)
    assert queue.get(ids[0]).id == ids[0]
    assert queue.stats()["total"] >= JOBS
    assert queue.cancel(ids[0]).state_now == "cancelled"
    return ids


def live_as_child(queue: Queue, name: str, pipe: int) -> None:
    """Tell the parent what was stored."""
    with os.fdopen(pipe, "w") as told:
        json.dump(enqueue_some(queue, name), told)


def start_child(queue: Queue, number: int) -> int:
    """Fork in one of two ways, and return where the child tells its ids."""
    ours, theirs = os.pipe()
    if number >= CHILDREN // 2:
        multiprocessing.get_context("fork").Process(
            target=live_as_child, args=(queue, f"child {number}", theirs)
        ).start()
    elif os.fork() == 0:
        os.close(ours)
        live_as_child(queue, f"child {number}", theirs)
        # The interpreter's own way out, with all that it collects and closes.
        sys.exit()
    os.close(theirs)
    return ours


def main(url: str) -> None:
    """Fork, and look every job up."""
    queue = Queue(url)
    ids = {"parent": enqueue_some(queue, "parent"), "thread": []}
    over = Event()

    def go_on() -> None:
        while not over.is_set():
            ids["thread"].append(queue.enqueue("app:run").id)
            queue.get(ids["thread"][-1])
            queue.stats()

    busy = Thread(target=go_on)
    busy.start()
    pipes = [start_child(queue, number) for number in range(CHILDREN)]
    ids["parent"] += enqueue_some(queue, "parent")
    for number, pipe in enumerate(pipes):
        with os.fdopen(pipe) as told:
            ids[f"child {number}"] = json.loads(told.read() or "[]")
    over.set()
    busy.join()
    ids["parent"] += enqueue_some(queue, "parent")
    every = [job_id for some in ids.values() for job_id in some]
    found = sum(queue.get(job_id).id == job_id for job_id in every)
    counts = {name: len(some) for name, some in ids.items()}
    sys.stdout.write(json.dumps({**counts, "found": found, "total": queue.stats()["total"], "ids": len(set(every))}))
    queue.close()


if __name__ == "__main__":
    main(sys.argv[1])
