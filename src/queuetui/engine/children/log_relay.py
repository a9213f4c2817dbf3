"""Sends log records from a child to its worker, which alone writes them."""

from __future__ import annotations

import logging
from collections.abc import Callable

from queuetui.engine.children.messages import Logged, plain_text
from queuetui.engine.log_fields import extra_fields
from queuetui.engine.logs import FIELD_CAP_CHARS, current_job, fields_of, hand_over, make_record, message_of

_PLAIN = (str, int, float, bool, type(None))
_LARGEST = 2**63


class LogRelay(logging.Handler):
    """The one log handler of a child."""

    def __init__(self, send: Callable[[Logged], object]) -> None:
        super().__init__()
        self._send = send

    def emit(self, record: logging.LogRecord) -> None:
        """Send a record as text, with the ids of the run that logged it; its arguments may be anything."""
        try:
            self._send(_told(record))
        except Exception:  # noqa: BLE001 - a record may hold anything, and no log handler raises
            self.handleError(record)


def _told(record: logging.LogRecord) -> Logged:
    trace = logging.Formatter().formatException(record.exc_info) if record.exc_info else None
    job = current_job.get()
    fields = fields_of(record) or {**extra_fields(record), **({} if job is None else job.facts)} or None
    return Logged(
        plain_text(record.name),
        record.levelno,
        plain_text(message_of(record)),
        record.created,
        None if fields is None else {plain_text(str(name)): _plain(value) for name, value in fields.items()},
        None if trace is None else plain_text(trace[:FIELD_CAP_CHARS]),
    )


def repeat(told: Logged) -> logging.LogRecord:
    """Log a child's record in the worker, and return it."""
    logger = logging.getLogger(told.logger)
    record = make_record(told.logger, told.level, told.message, told.created_s, told.fields, told.traceback)
    if logger.isEnabledFor(told.level):
        hand_over(logger, record)
    return record


def _plain(value: object) -> object:
    if isinstance(value, str):
        return plain_text(value)
    fits = isinstance(value, _PLAIN) and not (isinstance(value, int) and abs(value) >= _LARGEST)
    return value if fits else plain_text(str(value))
