"""Describes the worker's settings to the fork server, so that handlers run there as they would here."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

from queuetui.backends.embedded import default_url
from queuetui.engine.children.messages import Boot
from queuetui.engine.logs import WORKER_LOGGER
from queuetui.engine.settings import WorkerSettings


def describe_boot(settings: WorkerSettings, worker_id: str) -> Boot:
    """Return the settings of a worker that its children need, and the log levels of this process."""
    return Boot(
        path=sys.path,
        app=settings.app,
        allow=settings.allow,
        root=str(settings.root or Path.cwd()),
        url=default_url(),
        job_timeout_s=settings.job_timeout_s,
        retry_jitter=settings.retry_jitter,
        root_level=logging.getLogger().level,
        worker_level=WORKER_LOGGER.getEffectiveLevel(),
        worker_id=worker_id,
        allow_command=settings.allow_command,
        measure=settings.measure,
        result_ttl_s=settings.result_ttl_s,
    )
