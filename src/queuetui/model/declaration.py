"""The declarations of handlers about their jobs, known to clients and workers."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal, TypeVar, get_args, overload

from queuetui.model.backoff import Backoff
from queuetui.model.duration import read_limit_s, read_span_s, read_whole_s
from queuetui.model.errors import Conflict
from queuetui.model.handler import Handler, place_of, read_handler, type_of
from queuetui.model.job_rules import read_attempts, read_priority
from queuetui.model.names import read_flag, read_queue, read_text, shown
from queuetui.model.schedule import JobPattern, ScheduleSpec, Timing

Ack = Literal["batch", "each"]
AnyHandler = TypeVar("AnyHandler", bound=Handler)

_BY_TYPE: dict[str, Declaration] = {}
_BY_HANDLER: dict[Hashable, Declaration] = {}


@dataclass(frozen=True, slots=True)
class Declaration:
    """A handler with its job type and the type's rules; None leaves a rule to the client or worker.

    `ack` "each" writes every ending at once, where a crash must not run a batch of finished jobs again. `hard_timeout` runs the type
    in a process that is killed at `timeout_s`. With `timing` it is a recurring job, that a worker of its app puts into the store.
    `dry` is called in the handler's place by `doctor --self-test`.
    """

    type: str
    handler: Handler
    queue: str | None = None
    max_attempts: int | None = None
    backoff: Backoff | None = None
    timeout_s: float | None = None
    ack: Ack = "batch"
    hard_timeout: bool = False
    timing: Timing | None = None
    overlap: bool = True
    measure: bool = False
    result_ttl_s: float | None = None
    priority: int | None = None
    dry: Handler | None = None


@overload
def job(job_type: AnyHandler) -> AnyHandler: ...
@overload
def job(
    job_type: str | None = None,
    *,
    queue: str | None = None,
    priority: int | str | None = None,
    max_attempts: int | None = None,
    backoff: Backoff | None = None,
    timeout: float | timedelta | None = None,
    hard_timeout: float | timedelta | None = None,
    ack: Ack = "batch",
    every: int | timedelta | None = None,
    cron: str | None = None,
    tz: str = "UTC",
    overlap: bool = True,
    measure: bool = False,
    result_ttl: float | timedelta | None = None,
    dry: Handler | None = None,
) -> Callable[[AnyHandler], AnyHandler]: ...
def job(  # noqa: PLR0913 - all that can be said of a job type
    job_type: str | Handler | None = None,
    *,
    queue: str | None = None,
    priority: int | str | None = None,
    max_attempts: int | None = None,
    backoff: Backoff | None = None,
    timeout: float | timedelta | None = None,
    hard_timeout: float | timedelta | None = None,
    ack: Ack = "batch",
    every: int | timedelta | None = None,
    cron: str | None = None,
    tz: str = "UTC",
    overlap: bool = True,
    measure: bool = False,
    result_ttl: float | timedelta | None = None,
    dry: Handler | None = None,
) -> Any:
    """Declare a function, or a class with `handle`, as the handler of a job type.

    Without a type its own name is the type.
    `priority` is that of jobs which say none: a number, higher first, or low, normal, high, critical.
    A duration is in seconds or a timedelta. At `timeout` the run fails and its handler is asked to stop; at `hard_timeout` it is killed.
    `every` (whole seconds) or `cron` (five fields, in the time zone `tz`) makes it recur with an empty payload in every store that a
    worker with this `--app` works; `overlap` False passes over a slot while the job of the one before goes on.
    `measure` keeps what each run took: its processor time and, in a process, its peak of memory.
    A result is deleted after `result_ttl`, its job later.
    `dry` is a handler that tries what this one needs and does nothing: `doctor --self-test` runs it in a job with an empty payload.
    The handler itself is returned unchanged and can be called and tested as before. Raises TypeError or ValueError for what cannot hold.
    """
    rules = _read_rules(queue, max_attempts, backoff, timeout, hard_timeout, ack, result_ttl)
    rules |= {"priority": None if priority is None else read_priority(priority)}
    rules |= {"timing": _read_timing(every, cron, tz), "overlap": read_flag(overlap, "overlap")}
    rules |= {"measure": read_flag(measure, "measure"), "dry": None if dry is None else read_handler(dry)}
    name = job_type if job_type is None or callable(job_type) else read_text(job_type, "the type of a job")

    def decorate(handler: AnyHandler) -> AnyHandler:
        read_handler(handler)
        declare(Declaration(name if isinstance(name, str) else type_of(handler), handler, **rules))
        return handler

    return decorate(name) if callable(name) else decorate


def _read_rules(
    queue: object,
    max_attempts: object,
    backoff: object,
    timeout: object,
    hard_timeout: object,
    ack: object,
    result_ttl: object,
) -> dict[str, Any]:
    """Return the rules of a declaration, checked; raises TypeError or ValueError saying what to write."""
    if timeout is not None and hard_timeout is not None:
        raise ValueError("timeout and hard_timeout exclude each other; give one")
    if backoff is not None and not isinstance(backoff, Backoff):
        raise TypeError(f"the back-off is {shown(backoff)}; give one such as Backoff(base_s=1, cap_s=3600)")
    if ack not in get_args(Ack):
        raise ValueError(f"ack is {shown(ack)}; give 'batch' or 'each'")
    limit, name = (timeout, "timeout") if hard_timeout is None else (hard_timeout, "hard_timeout")
    return {
        "queue": None if queue is None else read_queue(queue),
        "max_attempts": None if max_attempts is None else read_attempts(max_attempts),
        "backoff": backoff,
        "timeout_s": None if limit is None else read_limit_s(limit, name),
        "ack": ack,
        "hard_timeout": hard_timeout is not None,
        "result_ttl_s": None if result_ttl is None else read_span_s(result_ttl, "result_ttl"),
    }


def _read_timing(every: object, cron: object, tz: object) -> Timing | None:
    if every is not None and cron is not None:
        raise ValueError("every and cron exclude each other; give one")
    if every is None and cron is None:
        return None
    every_s = None if every is None else read_whole_s(every, "every")
    return Timing(None if cron is None else read_text(cron, "cron"), every_s, read_text(tz, "tz"))


def declare(declaration: Declaration) -> Handler:
    """Register a declaration; raises Conflict when another handler has the type."""
    known = _BY_TYPE.get(declaration.type)
    if known is not None and place_of(known.handler) != place_of(declaration.handler):
        places = f"{place_of(known.handler)} and {place_of(declaration.handler)}"
        message = f"job type {declaration.type!r} is declared by {places}"
        raise Conflict(f"{message}; give one of them another type")
    _BY_TYPE[declaration.type] = declaration
    if type(declaration.handler).__hash__ is not None:
        _BY_HANDLER[declaration.handler] = declaration
    return declaration.handler


def declared_type(job_type: str) -> Declaration | None:
    """Return the declaration of a type."""
    return _BY_TYPE.get(job_type)


def declared_types() -> tuple[str, ...]:
    """Return the types of all declarations."""
    return tuple(_BY_TYPE)


def declared_handler(handler: object) -> Declaration | None:
    """Return the declaration of a handler."""
    return None if type(handler).__hash__ is None else _BY_HANDLER.get(handler)


def dry_handlers() -> tuple[tuple[str, Handler], ...]:
    """Return the types that offer a dry handler, each with it."""
    return tuple((one.type, one.dry) for one in _BY_TYPE.values() if one.dry is not None)


def declared_schedules() -> tuple[ScheduleSpec, ...]:
    """Return the recurring jobs among the declarations; a schedule has the name of its job type."""
    recurring = [(one, one.timing) for one in _BY_TYPE.values() if one.timing is not None]
    return tuple(ScheduleSpec(one.type, timing, _pattern(one), one.overlap) for one, timing in recurring)


def _pattern(declaration: Declaration) -> JobPattern:
    plain = JobPattern(declaration.type)
    return JobPattern(
        declaration.type,
        queue=declaration.queue or plain.queue,
        priority=plain.priority if declaration.priority is None else declaration.priority,
        max_attempts=declaration.max_attempts or plain.max_attempts,
    )
