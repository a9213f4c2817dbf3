"""Finds the handler of a job's type: a declared one, one by its path, or one by its name in the app."""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from traceback import extract_tb
from types import ModuleType
from typing import Any, TypeGuard

from queuetui.engine.allowed import MODULE_NAME, AllowRule
from queuetui.engine.context import Context
from queuetui.engine.outcome import NoHandler, RefusedHandler
from queuetui.model.backoff import Backoff
from queuetui.model.command import COMMAND_TYPE
from queuetui.model.declaration import Ack, Declaration, declared_handler, declared_type, declared_types
from queuetui.model.errors import BadConfig, NotFound
from queuetui.model.handler import INSTEAD, Handler, is_generator, place_of

Call = Callable[[Any, Context], Any]
# A worker that knows more types does not register them.
MOST_TOLD = 500
OUR_FOLDER = str(Path(__file__).parents[1])


@dataclass(frozen=True, slots=True)
class Task:
    """A handler ready to be called with a payload and a context.

    `ends_when_told`: the handler ends at once when its run is cancelled or timed out, and reports what it has done.
    """

    type: str
    call: Call
    backoff: Backoff
    timeout_s: float | None = None
    ack: Ack = "batch"
    hard_timeout: bool = False
    ends_when_told: bool = False
    measure: bool = False
    result_ttl_s: float | None = None


class Tasks:
    """The handlers that this worker knows and may run."""

    def __init__(self, app: str | None = None, rule: AllowRule | None = None) -> None:
        self._rule = rule if rule is not None else AllowRule((), Path.cwd())
        self._app: Any = None
        self._app_module = ""
        if app:
            self._app, self._app_module = load_app(app)
        self._known: dict[str, Task] = {}

    def find(self, job_type: str) -> Task:
        """Return the task of a type; raises NoHandler naming the type and how to register it."""
        task = self._known.get(job_type)
        if task is None:
            task = self._known[job_type] = self._make(job_type)
        return task

    def types(self) -> tuple[str, ...]:
        """Return the types that have handlers, with * in the patterns that the rule allows.

        None where there are too many.
        """
        names = list(self._app) if isinstance(self._app, Mapping) else dir(self._app)
        own = [name for name in names if isinstance(name, str) and self._named_in_app(name) is not None]
        commands = (COMMAND_TYPE,) if self._rule.commands else ()
        found = tuple(dict.fromkeys((*declared_types(), *own, *commands, *self._rule.paths())))
        return found if len(found) <= MOST_TOLD else ()

    def _make(self, job_type: str) -> Task:
        if job_type == COMMAND_TYPE:
            from queuetui.engine.commands.handler import refuse_command, run_command

            return Task(
                job_type, run_command if self._rule.commands else refuse_command, Backoff(), ends_when_told=True
            )
        if (declaration := declared_type(job_type)) is not None:
            return make_task(declaration)
        handler = self._at_path(job_type) if ":" in job_type else self._named_in_app(job_type)
        if handler is None:
            message = f"no handler for job type {job_type!r}: register it with @job({job_type!r}) in a module that --app names"
            raise NoHandler(f"{message}, or enqueue an exact path, package.module:function")
        return make_task(declared_handler(handler) or Declaration(job_type, handler))

    def _named_in_app(self, name: str) -> Handler | None:
        if self._app is None or not name.isidentifier() or name.startswith("_"):
            return None
        if isinstance(self._app, Mapping):
            found = self._app.get(name)
            return found if is_handler(found) else None
        found = getattr(self._app, name, None)
        return found if is_handler(found) and self._is_own(found) else None

    def _is_own(self, handler: Handler) -> bool:
        """Tell whether a name in the app is defined by the app and not merely imported."""
        home = str(getattr(handler, "__module__", ""))
        package = self._app_module.rpartition(".")[0]
        if home == self._app_module or (package and home.startswith(f"{package}.")):
            return True
        module = sys.modules.get(home)
        return module is not None and self._rule.may_import(home) and self._rule.may_use(module)

    def _at_path(self, path: str) -> Handler:
        module_name, _, name = path.partition(":")
        if not name.isidentifier() or name.startswith("_") or not self._rule.may_import(module_name):
            raise NoHandler(self._refusal(path))
        try:
            module = importlib.import_module(module_name)
        except ModuleNotFoundError as error:
            if error.name is not None and f"{module_name}.".startswith(f"{error.name}."):
                message = (
                    f"no handler for job type {path!r}: there is no module {error.name!r} where the worker was started"
                )
                raise NoHandler(message) from None
            raise
        found = getattr(module, name, None) if self._rule.may_use(module) else None
        home = sys.modules.get(str(getattr(found, "__module__", "")))
        own = home is not None and self._rule.may_import(home.__name__) and self._rule.may_use(home)
        if not is_handler(found) or not own:
            raise NoHandler(self._refusal(path))
        return found

    def _refusal(self, path: str) -> str:
        return f"no handler for job type {path!r}: it names no function or class that a job may choose; allowed are {self._rule.describe()}"


def load_app(app: str) -> tuple[Any, str]:
    """Return the namespace that `module[:object]` names, imported, and its module's name.

    Raises NotFound, and BadConfig for a module that raises when it is imported.
    """
    module_name, _, object_name = app.partition(":")
    if not MODULE_NAME.fullmatch(module_name):
        message = f"--app {app!r} is no module; write it as package.module or package.module:object"
        raise NotFound(message)
    try:
        found: Any = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module_name}.".startswith(f"{error.name}."):
            raise _not_loaded(app, error) from error
        message = f"--app {app!r}: there is no module {error.name!r} here; start the worker in the folder that holds it"
        raise NotFound(message) from None
    except (Exception, SystemExit) as error:
        raise _not_loaded(app, error) from error
    for part in filter(None, object_name.split(".")):
        if not hasattr(found, part):
            message = f"--app {app!r}: module {module_name} has no {object_name!r}"
            raise NotFound(message)
        found = getattr(found, part)
    return found, module_name


def _not_loaded(app: str, error: BaseException) -> BadConfig:
    """Return the error for an application that raised on import, with the line of its code that did."""
    frames = extract_tb(error.__traceback__)
    own = [frame for frame in frames if not frame.filename.startswith(("<frozen", OUR_FOLDER))]
    told = own and not isinstance(error, SyntaxError)
    where = f" ({own[-1].filename}, line {own[-1].lineno})" if told else ""
    why = f"{type(error).__name__}: {error}{where}"
    return BadConfig(f"--app {app!r} does not load: {why}; mend it, then start again", "--app")


def is_handler(found: object) -> TypeGuard[Handler]:
    """Tell whether something is a function, or a class with `handle`."""
    if inspect.isclass(found):
        return callable(getattr(found, "handle", None))
    return callable(found) and not isinstance(found, ModuleType)


def make_task(declaration: Declaration) -> Task:
    """Return the task of a declaration; raises RefusedHandler for a generator function."""
    handler = declaration.handler
    if is_generator(handler):
        message = f"{place_of(handler)} is a generator function, which nothing would run to its end; {INSTEAD}"
        raise RefusedHandler(message)
    call = _adapt_class(handler) if inspect.isclass(handler) else _adapt(handler)
    backoff = Backoff() if declaration.backoff is None else declaration.backoff
    return Task(
        declaration.type,
        call,
        backoff,
        declaration.timeout_s,
        declaration.ack,
        declaration.hard_timeout,
        measure=declaration.measure,
        result_ttl_s=declaration.result_ttl_s,
    )


def _adapt_class(handler: type) -> Call:
    """Return a call that makes an object for each run, so that no run sees another's."""
    arguments = count_arguments(handler.handle, bound=False)  # type: ignore[attr-defined]  # is_handler saw it
    return lambda payload, context: handler().handle(*(payload, context)[:arguments])


def _adapt(handler: Handler) -> Call:
    arguments = count_arguments(handler)
    if arguments == len(("payload", "context")):
        return handler
    return lambda payload, context: handler(*(payload, context)[:arguments])


def count_arguments(handler: Handler, *, bound: bool = True) -> int:
    """Return how many of (payload, context) a handler takes; an optional second must be context or ctx."""
    try:
        parameters = list(inspect.signature(handler).parameters.values())
    except (TypeError, ValueError):
        return 1
    places = [one for one in parameters if one.kind in {one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD}]
    places = places if bound else places[1:]
    if not places:
        return 1 if any(one.kind is one.VAR_POSITIONAL for one in parameters) else 0
    wants = len(places) > 1 and (places[1].default is places[1].empty or places[1].name in {"context", "ctx"})
    return 2 if wants else 1
