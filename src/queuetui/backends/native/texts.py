"""Texts that all stores can hold: PostgreSQL allows no NUL, and no store a lone surrogate."""

from __future__ import annotations

from queuetui.model.errors import BadPayload
from queuetui.model.job import NewJob


def storable(text: str) -> str:
    """Return the text of an error or progress, with visible escapes for characters that cannot be stored."""
    return text.replace("\0", "\N{SYMBOL FOR NULL}").encode("utf-8", "backslashreplace").decode("utf-8")


def require_storable(text: str, what: str) -> str:
    """Return a name unchanged; raises BadPayload where a store could not return it unchanged."""
    if storable(text) != text:
        raise BadPayload(f"the {what} of a job holds a NUL or half a surrogate pair; choose another {what}")
    return text


def check_texts(job: NewJob) -> None:
    """Raise BadPayload where a text of a new job cannot be stored unchanged."""
    usual = f"{job.queue}{job.type}{job.name}{job.correlation_id}{job.idempotency_key}"
    if usual.isascii() and "\0" not in usual and not job.tags and not job.needs:
        return
    named = [(job.queue, "queue"), (job.type, "type"), (job.name, "name"), (job.correlation_id, "correlation id")]
    named += [(job.idempotency_key, "idempotency key"), *((tag, "tag") for tag in job.tags)]
    for text, what in (*named, *((need, "need") for need in job.needs)):
        if text is not None:
            require_storable(text, what)
