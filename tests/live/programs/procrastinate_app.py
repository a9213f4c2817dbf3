"""An application of Procrastinate with the two jobs; run by itself, it makes the tables and enqueues both."""

from __future__ import annotations

import os
import sys

import live_jobs
from procrastinate import App, PsycopgConnector

app = App(connector=PsycopgConnector(conninfo=os.environ["QUEUE_URL"]))
fail = app.task(name="live_jobs.fail")(live_jobs.fail)
slow = app.task(name="live_jobs.slow")(live_jobs.slow)

if __name__ == "__main__":
    with app.open():
        app.schema_manager.apply_schema()
        for task in (fail, slow):
            task.configure(queue="live").defer(folder=sys.argv[1])
