"""The uses of a true name besides showing it: identity, filters and arguments."""

from __future__ import annotations

from queuetui.model.filter_text import WrittenValue, quote_value
from queuetui.model.job import Job
from queuetui.model.short_id import end_of_id
from queuetui.model.snapshot import QueueInfo, Snapshot
from queuetui.model.text import SafeText, Untrusted, sanitize

SHORT_ID_CHARS = 8
_LONG_ID_CHARS = 16


def short_id(job_id: str) -> Untrusted:
    """Return the part of an id that people see and type.

    That is a short id itself, and the end of a long one, which differs between ids.
    """
    return Untrusted(job_id if len(job_id) <= _LONG_ID_CHARS else end_of_id(job_id, SHORT_ID_CHARS))


def short_type(job: Job) -> Untrusted:
    """Return a job's name, or its type without the namespaces or modules before it."""
    if job.name is not None and job.name:
        return last_part(job.name)
    return last_part(job.type)


def last_part(name: Untrusted) -> Untrusted:
    r"""Return the last part of `App\Jobs\Send` or `app.mail:send`; a name with blanks is no path."""
    last = name.raw[max(name.raw.rfind("\\"), name.raw.rfind(":")) + 1 :]
    return name if " " in name.raw or not last else Untrusted(last)


def class_part(class_name: Untrusted) -> SafeText:
    r"""Return the class of an error without its namespace, `App\Errors\Late` as `Late`."""
    return sanitize(Untrusted(class_name.raw.rpartition("\\")[2]))


def true_name(name: Untrusted) -> str:
    """Return the name as it is stored, for acts and comparisons and never for the screen."""
    return name.raw


def queue_term(name: Untrusted) -> str:
    """Return the filter of one queue's jobs."""
    return f"queue:{quote_value(name.raw)}"


def queue_named(snapshot: Snapshot | None, name: Untrusted | None) -> QueueInfo | None:
    """Return a queue of the snapshot by its name."""
    queues = () if snapshot is None else snapshot.queues
    return next((queue for queue in queues if queue.name == name), None)


def find_queue(snapshot: Snapshot | None, typed: str) -> Untrusted | None:
    """Return the queue that was typed: its exact name, a name in quotes, or a unique beginning.

    If not all queues are known, the typed text may be the name of another one.
    """
    names = [] if snapshot is None else [queue.name for queue in snapshot.queues]
    meant = WrittenValue(typed, 0).literal
    exact = [name for name in names if name.raw == typed] or [name for name in names if name.raw == meant]
    begun = [name for name in names if name.raw.startswith(typed)]
    found = exact or begun
    if not found and snapshot is not None and snapshot.has_more_queues:
        return Untrusted(meant)
    return found[0] if len(found) == 1 or exact else None
