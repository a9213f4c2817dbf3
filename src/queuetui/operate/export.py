"""Writes jobs to a file before they are deleted."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from queuetui.model.document import document
from queuetui.model.errors import Denied, NotFound
from queuetui.operate.journal import NO_FOLDER

if TYPE_CHECKING:
    from queuetui.model.job import Job


def export_jobs(jobs: Iterable[Job], folder: Path | None, read_whole: Callable[[str], Job]) -> Path:
    """Write one JSON document a line into a new file that only its owner may read; return its path.

    A job whose payload was cut is read again whole; one that is gone meanwhile is written as it was seen. Raises Denied.
    """
    if folder is None:
        raise Denied(NO_FOLDER)
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
    path = folder / f"purge-{stamp}.ndjson"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            _write(file, jobs, read_whole)
    except OSError as error:
        message = (
            f"the jobs could not be written to {path} ({error.strerror}), so nothing was deleted; "
            "make room there or let it be written, and try again"
        )
        raise Denied(message) from error
    return path


def _write(file: TextIO, jobs: Iterable[Job], read_whole: Callable[[str], Job]) -> None:
    file.writelines(json.dumps(document(_whole(job, read_whole), None).to_dict()) + "\n" for job in jobs)
    file.flush()
    os.fsync(file.fileno())


def _whole(job: Job, read_whole: Callable[[str], Job]) -> Job:
    if job.payload_whole:
        return job
    try:
        return read_whole(job.ref.id)
    except NotFound:
        return job
