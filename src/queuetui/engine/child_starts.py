"""Keeps a process that one handler forks from inheriting the pipes of one that another handler starts.

`multiprocessing` and `subprocess` learn from the end of a pipe that their process has ended. A child that another thread forks while
that pipe is open inherits it, and they would wait for as long as that child lives. So no thread forks while another starts a process.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import wraps
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

from queuetui.backends.forks import unforked

# The method of each module's `Popen` that opens the pipes, starts the process and closes the process's ends of them.
STARTS = {
    "multiprocessing.popen_fork": "_launch",
    "multiprocessing.popen_forkserver": "_launch",
    "multiprocessing.popen_spawn_posix": "_launch",
    "subprocess": "__init__",
}


def start_unforked() -> None:
    """Let no thread fork while a process is being started, also by modules that are loaded later."""
    if any(isinstance(finder, _Finder) for finder in sys.meta_path):
        return
    for name in STARTS:
        if name in sys.modules:
            _guard(sys.modules[name])
    sys.meta_path.insert(0, _Finder())


class _Finder:
    """Finds the modules that start processes, and guards them once they are loaded."""

    def find_spec(self, name: str, path: Sequence[str] | None, _target: ModuleType | None = None) -> ModuleSpec | None:
        if name not in STARTS:
            return None
        spec = PathFinder.find_spec(name, path)
        if spec is not None and spec.loader is not None:
            load = spec.loader.exec_module

            def load_and_guard(module: ModuleType) -> None:
                load(module)
                _guard(module)

            spec.loader.exec_module = load_and_guard  # type: ignore[method-assign]  # of this one spec's own loader
        return spec


def _guard(module: ModuleType) -> None:
    name = STARTS[module.__name__]
    # A Python version that starts processes in another way has no such method.
    start = vars(module.Popen).get(name)
    if start is not None:
        setattr(module.Popen, name, _unforked(start))


def _unforked(start: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(start)
    def start_alone(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - whatever the library's own takes and returns
        with unforked():
            return start(*args, **kwargs)

    return start_alone
