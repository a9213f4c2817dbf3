"""Loads the Lua files: one an operation, made of itself and the parts that it includes."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cache

from queuetui import resources

_FOLDER = ("backends", "native", "redis", "scripts")
_INCLUDE = re.compile(r"^-- include (\w+)\n", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Script:
    """One operation's whole text, and the digest that a server knows it by."""

    source: str
    sha: str


@cache
def load_script(name: str) -> Script:
    """Return the script of an operation."""
    text = resources.read_text(*_FOLDER, f"{name}.lua")
    source = _INCLUDE.sub(lambda found: resources.read_text(*_FOLDER, "parts", f"{found[1]}.lua"), text)
    return Script(source, hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest())
