"""Which modules a job may name its handler from: who can write a row must not choose what runs."""

from __future__ import annotations

import re
import sysconfig
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType

MODULE_NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", re.ASCII)
_INSTALLED_FOLDERS = {"site-packages", "dist-packages"}
_STANDARD_LIBRARY = {Path(sysconfig.get_path(name)).resolve() for name in ("stdlib", "platstdlib")}


class AllowRule:
    """Modules under one of the prefixes; without any, those in the folder `root`, never installed ones.

    `commands` tells whether a job may be a command of the shell.
    """

    def __init__(self, prefixes: Sequence[str], root: Path, *, commands: bool = False) -> None:
        self.commands = commands
        self._prefixes = tuple(prefixes)
        self._root = root.resolve()

    def may_import(self, module_name: str) -> bool:
        """Tell whether a module may be imported because a job names it; nothing is imported to find out."""
        if not MODULE_NAME.fullmatch(module_name):
            return False
        if self._prefixes:
            return any(module_name == prefix or module_name.startswith(f"{prefix}.") for prefix in self._prefixes)
        spec = PathFinder.find_spec(module_name.partition(".")[0], [str(self._root)])
        return spec is not None and all(map(self._is_own, _places(spec)))

    def may_use(self, module: ModuleType) -> bool:
        """Tell whether an imported module is what the rule speaks of: a name may have led to another file."""
        if self._prefixes:
            return True
        places = [module.__file__] if getattr(module, "__file__", None) else list(getattr(module, "__path__", ()))
        return bool(places) and all(self._is_own(place) for place in places if place)

    def paths(self) -> tuple[str, ...]:
        """Return the types `module:function` that the rule may let through, with * for any text."""
        if self._prefixes:
            return tuple(path for prefix in self._prefixes for path in (f"{prefix}:*", f"{prefix}.*:*"))
        return ("*:*",)

    def describe(self) -> str:
        """Return the rule in words."""
        if self._prefixes:
            return f"modules under {', '.join(self._prefixes)} (--allow)"
        return "modules in the folder the worker was started in, not installed ones; --allow PREFIX names others"

    def _is_own(self, place: str) -> bool:
        path = Path(place).resolve()
        inside = path.is_relative_to(self._root)
        installed = _INSTALLED_FOLDERS & set(path.parts) or any(map(path.is_relative_to, _STANDARD_LIBRARY))
        return inside and not installed


def _places(spec: ModuleSpec) -> list[str]:
    if spec.has_location and spec.origin:
        return [spec.origin]
    return list(spec.submodule_search_locations or [""])
