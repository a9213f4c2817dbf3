"""Checks and names handlers."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any

from queuetui.model.names import shown

Handler = Callable[..., Any]
INSTEAD = "write a function without yield: call context.progress() where it yields, or loop over the generator there"


def read_handler(handler: object) -> Handler:
    """Return a callable that can run a job.

    Raises TypeError for what is no handler, and for a generator: nothing would run it.
    """
    called = getattr(handler, "handle", None) if inspect.isclass(handler) else handler
    if not callable(handler) or not callable(called):
        raise TypeError(f"{shown(handler)} is no handler; give a function, or a class with a method `handle`")
    if is_generator(handler):
        raise TypeError(f"{place_of(handler)} is a generator function, which nothing would run to its end; {INSTEAD}")
    return handler


def is_generator(handler: Handler) -> bool:
    """Tell whether calling a handler makes a generator instead of doing its work."""
    called = getattr(handler, "handle", None) if inspect.isclass(handler) else handler
    function = _function(called)
    return inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function)


def type_of(handler: Handler) -> str:
    """Return the job type of a handler declared without one.

    Raises TypeError where it has no name of its own.
    """
    name = getattr(handler, "__name__", None)
    if not isinstance(name, str) or not name.isidentifier():
        raise TypeError(f"{shown(handler)} has no name of its own; give its job type, as in job('send')(handler)")
    return name


def place_of(handler: Handler) -> str:
    """Return the path of a handler, `package.module:name`, by which workers find it without a declaration."""
    while isinstance(handler, partial):
        handler = handler.func
    named: Any = handler if hasattr(handler, "__qualname__") else type(handler)
    return f"{named.__module__}:{named.__qualname__}"


def _function(called: object) -> object:
    """Return the function behind partials, methods and objects with `__call__`."""
    while isinstance(called, partial | staticmethod | classmethod):
        called = called.func if isinstance(called, partial) else called.__func__
    if called is None or inspect.isroutine(called) or inspect.isclass(called):
        return called
    return getattr(type(called), "__call__", None)  # noqa: B004 - the function itself is looked at
