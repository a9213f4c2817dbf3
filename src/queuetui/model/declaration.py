"""What a handler declares about its jobs, known to who enqueues and to who works."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, overload

from queuetui.model.backoff import Backoff
from queuetui.model.errors import Conflict
from queuetui.model.schedule import JobPattern, ScheduleSpec, Timing

Handler = Callable[..., Any]
Ack = Literal["batch", "each"]
AnyHandler = TypeVar("AnyHandler", bound=Handler)

_BY_TYPE: dict[str, Declaration] = {}
_BY_HANDLER: dict[Handler, Declaration] = {}


@dataclass(frozen=True, slots=True)
class Declaration:
    """A handler with its job type and the type's own rules; None leaves a rule to who enqueues or works.

    `ack` "each" writes every ending at once, where a crash must not run a batch of finished jobs again. `hard_timeout` runs the type
    in a process that is killed at `timeout_s`. With `timing` it is a recurring job, that a worker of its app puts into the store.
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


@overload
def job(job_type: AnyHandler) -> AnyHandler: ...
@overload
def job(
    job_type: str | None = None,
    *,
    queue: str | None = None,
    max_attempts: int | None = None,
    backoff: Backoff | None = None,
    timeout: float | None = None,
    hard_timeout: float | None = None,
    ack: Ack = "batch",
    every: int | None = None,
    cron: str | None = None,
    tz: str = "UTC",
    overlap: bool = True,
    measure: bool = False,
    result_ttl: float | None = None,
) -> Callable[[AnyHandler], AnyHandler]: ...
def job(  # noqa: PLR0913 - all that can be said of a job type
    job_type: str | Handler | None = None,
    *,
    queue: str | None = None,
    max_attempts: int | None = None,
    backoff: Backoff | None = None,
    timeout: float | None = None,
    hard_timeout: float | None = None,
    ack: Ack = "batch",
    every: int | None = None,
    cron: str | None = None,
    tz: str = "UTC",
    overlap: bool = True,
    measure: bool = False,
    result_ttl: float | None = None,
) -> Any:
    """Declare a function, or a class with `handle`, as the handler of a job type; without a type its own name is the type.

    `timeout` is in seconds: the run fails then and its handler is asked to stop. At `hard_timeout` it is killed.
    `every` (whole seconds) or `cron` (five fields, in the time zone `tz`) makes it recur with an empty payload in every store that a
    worker with this `--app` works; `overlap` False passes over a slot while the job of the one before goes on.
    `measure` keeps what each run took: its processor time and, in a process, its peak of memory.
    A result is deleted after `result_ttl` seconds, its job later.
    The handler itself is returned unchanged and can be called and tested as before.
    """
    if timeout is not None and hard_timeout is not None:
        raise ValueError("timeout and hard_timeout exclude each other; give one")
    if any(limit_s is not None and limit_s <= 0 for limit_s in (timeout, hard_timeout)):
        raise ValueError("in a timeout of 0 s or less no run can end; leave it away for no limit")
    if every is not None and cron is not None:
        raise ValueError("every and cron exclude each other; give one")
    timing = None if every is None and cron is None else Timing(cron, every, tz)
    if callable(job_type):
        return declare(Declaration(job_type.__name__, job_type))

    def decorate(handler: AnyHandler) -> AnyHandler:
        name = job_type if isinstance(job_type, str) else handler.__name__
        timeout_s = timeout if hard_timeout is None else hard_timeout
        rules = (
            queue,
            max_attempts,
            backoff,
            timeout_s,
            ack,
            hard_timeout is not None,
            timing,
            overlap,
            measure,
            result_ttl,
        )
        declare(Declaration(name, handler, *rules))
        return handler

    return decorate


def declare(declaration: Declaration) -> Handler:
    """Make a declaration known. Raises Conflict when another handler has the type."""
    known = _BY_TYPE.get(declaration.type)
    if known is not None and _place(known.handler) != _place(declaration.handler):
        message = (
            f"job type {declaration.type!r} is declared by {_place(known.handler)} and {_place(declaration.handler)}"
        )
        raise Conflict(f"{message}; give one of them another type")
    _BY_TYPE[declaration.type] = declaration
    _BY_HANDLER[declaration.handler] = declaration
    return declaration.handler


def declared_type(job_type: str) -> Declaration | None:
    """Return the declaration of a type."""
    return _BY_TYPE.get(job_type)


def declared_handler(handler: Handler) -> Declaration | None:
    """Return what a handler declared."""
    return _BY_HANDLER.get(handler)


def declared_schedules() -> tuple[ScheduleSpec, ...]:
    """Return the recurring jobs among the declarations; a schedule has the name of its job type."""
    recurring = [(one, one.timing) for one in _BY_TYPE.values() if one.timing is not None]
    return tuple(ScheduleSpec(one.type, timing, _pattern(one), one.overlap) for one, timing in recurring)


def _pattern(declaration: Declaration) -> JobPattern:
    plain = JobPattern(declaration.type)
    return JobPattern(
        declaration.type,
        queue=declaration.queue or plain.queue,
        max_attempts=declaration.max_attempts or plain.max_attempts,
    )


def path_of(handler: Handler) -> str:
    """Return the exact path of a handler, `package.module:name`, by which a worker finds it undeclared."""
    return _place(handler)


def _place(handler: Handler) -> str:
    return f"{handler.__module__}:{handler.__qualname__}"
