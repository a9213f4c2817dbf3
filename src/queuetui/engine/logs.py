"""The log of a worker on stderr: one JSON object a line, or readable lines on a terminal."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from contextlib import suppress
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Protocol, TextIO

from queuetui.engine.log_fields import extra_fields
from queuetui.engine.log_lines import LineHandler
from queuetui.model.clock import to_text
from queuetui.model.text import sanitize

WORKER_LOGGER = logging.getLogger("queuetui.worker")
FIELD_CAP_CHARS = 8 * 1024
_SHORT_ID_CHARS = 8
# The ids of a run that every record of its handler holds.
FACTS = frozenset({"job_id", "job_type", "queue", "attempt", "correlation_id", "worker"})
_FIELDS = "queuetui_fields"
# Made once: `json.dumps` makes a new encoder per call when it is given any option.
_encode = json.JSONEncoder(default=str, ensure_ascii=True).encode


class HasFacts(Protocol):
    """A run as the log sees it."""

    @property
    def facts(self) -> Mapping[str, object]:
        """The ids of the run's job, and its bound fields."""
        ...

    @property
    def bound(self) -> Mapping[str, object]:
        """The fields that the handler bound to its run."""
        ...


current_job: ContextVar[HasFacts | None] = ContextVar("queuetui_current_job", default=None)


def log_event(event: str, level: int = logging.INFO, /, **fields: object) -> None:
    """Log an event of the worker; fields that are None are left out."""
    if WORKER_LOGGER.isEnabledFor(level):
        told = {name: value for name, value in fields.items() if value is not None}
        say(WORKER_LOGGER, level, event, {_FIELDS: told})


def say(logger: logging.Logger, level: int, message: str, extra: Mapping[str, object] | None = None) -> None:
    """Make a log record and have it written.

    An application may have set a record factory, log handlers and filters of its own; whatever they raise, even SystemExit,
    is ignored.
    """
    with suppress(BaseException):
        # Made here and not by `log`, which would search the stack for a place in the source that is not logged.
        logger.handle(logger.makeRecord(logger.name, level, "", 0, "%s", (message,), None, extra=extra))


def hand_over(logger: logging.Logger, record: logging.LogRecord) -> None:
    """Have a record written that another process made, as `say` does."""
    with suppress(BaseException):
        logger.handle(record)


class JobFacts(logging.Filter):
    """Puts the ids and the bound fields of the running job on each record that its handler logs."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass."""
        if not hasattr(record, _FIELDS):
            job = current_job.get()
            fields = {**extra_fields(record), **({} if job is None else job.facts)}
            if fields:
                setattr(record, _FIELDS, fields)
        return True


class JsonFormatter(logging.Formatter):
    """Formats a record as one line of ASCII JSON, which cannot hold control characters or forge a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line = {name: _cut(value) for name, value in _describe(record).items()}
        line = {"time": _time_of(record), "level": record.levelname.lower(), **line}
        return _encode(line)


class HumanFormatter(logging.Formatter):
    """Formats a record as a line for people; a traceback follows on lines of its own."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, with every control character made visible."""
        fields = _describe(record)
        event = str(fields.pop("event"))
        trace = fields.pop("traceback", None)
        words = [_time_of(record)[11:23], f"{record.levelname.lower():<7}", f"{sanitize(event, FIELD_CAP_CHARS):<17}"]
        words += [f"{sanitize(name)}={_shown(name, value)}" for name, value in fields.items()]
        line = " ".join(words)
        return line if not trace else f"{line}\n{sanitize(str(trace), FIELD_CAP_CHARS, keep_newlines=True)}"


def configure_logs(stream: TextIO, *, as_json: bool, level: int = logging.INFO) -> None:
    """Send every record of this process to the stream, in place of the log handlers set before."""
    handler = LineHandler(stream)
    handler.setFormatter(JsonFormatter() if as_json else HumanFormatter())
    handler.addFilter(JobFacts())
    logging.basicConfig(handlers=[handler], level=level, force=True)
    logging.captureWarnings(capture=True)


def _describe(record: logging.LogRecord) -> dict[str, object]:
    fields = fields_of(record) or {}
    if record.name == WORKER_LOGGER.name:
        described: dict[str, object] = {"event": record.getMessage(), **fields}
    else:
        described = {"event": "log", "logger": record.name, "message": message_of(record), **fields}
    if record.exc_info:
        described["traceback"] = logging.Formatter().formatException(record.exc_info)
    elif record.exc_text:
        described["traceback"] = record.exc_text
    return described


def own_fields(record: logging.LogRecord) -> dict[str, object]:
    """Return the fields of a record: the `extra` of its logger, and the bound fields of its run."""
    told, job = fields_of(record), current_job.get()
    if told is not None:
        return {name: value for name, value in told.items() if name not in FACTS}
    return {**({} if job is None else job.bound), **extra_fields(record)}


def fields_of(record: logging.LogRecord) -> Mapping[str, object] | None:
    """Return the fields of an event, or the ids of a job that were put on a record."""
    fields = getattr(record, _FIELDS, None)
    return fields if isinstance(fields, Mapping) else None


def make_record(
    logger: str, level: int, message: str, created_s: float, fields: Mapping[str, object] | None, traceback: str | None
) -> logging.LogRecord:
    """Return a record that another process made."""
    record = logging.LogRecord(logger, level, "", 0, "%s", (message,), None)
    record.created, record.exc_text = created_s, traceback
    if fields is not None:
        setattr(record, _FIELDS, fields)
    return record


def message_of(record: logging.LogRecord) -> str:
    """Return a record's text, cut to a bounded length; its arguments may be anything."""
    try:
        return record.getMessage()[:FIELD_CAP_CHARS]
    except Exception as broken:  # noqa: BLE001 - a handler may log arguments that do not fit, or whose text raises
        return f"{record.msg!r} (its arguments do not fit: {type(broken).__name__})"


def _cut(value: object) -> object:
    return value[:FIELD_CAP_CHARS] if isinstance(value, str) else value


def _time_of(record: logging.LogRecord) -> str:
    return to_text(datetime.fromtimestamp(record.created, UTC))


def _shown(name: str, value: object) -> str:
    if name in {"job_id", "correlation_id", "worker"} and isinstance(value, str):
        return sanitize(value[-_SHORT_ID_CHARS:])
    text = sanitize(str(value), FIELD_CAP_CHARS)
    return f'"{text}"' if " " in text else text
