"""Limits the modules that a job's type may name, so that writing a job does not allow to run any code."""

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
    """Allows modules under one of the prefixes, or by default those in `root` that are not installed.

    `commands` tells whether a job may be a shell command.
    """

    def __init__(self, prefixes: Sequence[str], root: Path, *, commands: bool = False) -> None:
        self.commands = commands
        self._prefixes = tuple(prefixes)
        self._root = root.resolve()

    def may_import(self, module_name: str) -> bool:
        """Tell whether a job's type may cause a module to be imported; the check itself imports nothing."""
        if not MODULE_NAME.fullmatch(module_name):
            return False
        if self._prefixes:
            return any(module_name == prefix or module_name.startswith(f"{prefix}.") for prefix in self._prefixes)
        spec = PathFinder.find_spec(module_name.partition(".")[0], [str(self._root)])
        return spec is not None and all(map(self._is_own, _places(spec)))

    def may_use(self, module: ModuleType) -> bool:
        """Tell whether the rule allows an imported module, as its name may have resolved to another file."""
        if self._prefixes:
            return True
        places = [module.__file__] if getattr(module, "__file__", None) else list(getattr(module, "__path__", ()))
        return bool(places) and all(self._is_own(place) for place in places if place)

    def paths(self) -> tuple[str, ...]:
        """Return patterns of the types `module:function` that the rule may allow, with * for any text."""
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
