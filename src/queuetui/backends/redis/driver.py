"""Loads of the Redis driver what a queue needs, its connections and its errors.

A third of the memory that all of it takes.
Importing any part of a package runs the whole of it first, here asyncio, clusters, sentinels and every command. So its package is
put in place unrun, and runs when a program asks it for anything else, as `import redis; redis.Redis` in a handler does.
"""

from __future__ import annotations

import os
import sys
import threading
from importlib.util import find_spec, module_from_spec
from types import ModuleType
from typing import Any

from queuetui.model.errors import Unsupported

_PACKAGE = "redis"
_guard = threading.RLock()
# No child may be born while another thread loads the driver: nobody would end that there.
os.register_at_fork(before=_guard.acquire, after_in_parent=_guard.release, after_in_child=_guard.release)


class _UnrunPackage(ModuleType):
    """A package that runs when it is first asked for what it does not have yet."""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the package holds
        with _guard:
            spec = self.__spec__
            if type(self) is _UnrunPackage and spec is not None and spec.loader is not None:
                # From here on it is a module like any other, also to what it imports itself.
                self.__class__ = ModuleType  # type: ignore[assignment]  # a class may be taken back to the one it extends
                spec.loader.exec_module(self)
        return getattr(self, name)


def load_driver() -> None:
    """Make the driver's parts importable at little cost; raises Unsupported where it is not installed."""
    with _guard:
        if _PACKAGE in sys.modules:
            return
        spec = find_spec(_PACKAGE)
        if spec is None:
            raise Unsupported(
                "opening the queue failed: the driver redis is not installed; install it with: pip install redis"
            )
        package = module_from_spec(spec)
        package.__class__ = _UnrunPackage
        sys.modules[_PACKAGE] = package
