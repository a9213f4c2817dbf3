"""The Celery application whose worker runs the jobs of a live test."""

from __future__ import annotations

import os

import live_jobs
from celery import Celery

app = Celery("live", broker=os.environ["BROKER"], backend=os.environ["RESULTS"])
app.conf.update(task_track_started=True, result_extended=True, task_acks_late=True, task_default_queue="live")
fail = app.task(name="live.fail")(live_jobs.fail)
slow = app.task(name="live.slow")(live_jobs.slow)
