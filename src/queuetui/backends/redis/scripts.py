"""Loads the Lua files of a folder.

One an operation, made of itself, the parts that it includes and the operations that it embeds.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cache

from queuetui import resources

_INCLUDE = re.compile(r"^-- include (\w+)\n", re.MULTILINE)
_EMBED = re.compile(r"^-- embed (\w+)\n", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Script:
    """One operation's whole text, and the digest that a server knows it by."""

    source: str
    sha: str


@cache
def load_from(folder: tuple[str, ...], name: str) -> Script:
    """Return the script of an operation; the folder is named from the package's root."""
    return make_script(_EMBED.sub(lambda found: _as_function(folder, found[1]), _read_whole(folder, name)))


def make_script(source: str) -> Script:
    """Return a script of its whole text."""
    return Script(source, hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest())


def _read_whole(folder: tuple[str, ...], name: str) -> str:
    text = resources.read_text(*folder, f"{name}.lua")
    return _INCLUDE.sub(lambda found: resources.read_text(*folder, "parts", f"{found[1]}.lua"), text)


def _as_function(folder: tuple[str, ...], name: str) -> str:
    """Return an operation as a function of its arguments.

    Another operation calls it within its own transaction.
    """
    return f"local function {name}(ARGV)\n{_read_whole(folder, name)}\nend\n"
