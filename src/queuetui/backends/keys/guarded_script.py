"""The one script that changes keys, with a product's own decision in it where a change has one."""

from __future__ import annotations

from functools import cache

from queuetui.backends.redis.scripts import Script, load_from, make_script

_FOLDER = ("backends", "keys")
_HOLE = "  return {}\n-- decision\n"


@cache
def load_guarded(decision: tuple[str, ...] = ()) -> Script:
    """Return the script for changes; a decision is named by folder, from the package's root, and file."""
    plain = load_from(_FOLDER, "guarded")
    if not decision:
        return plain
    *folder, name = decision
    return make_script(plain.source.replace(_HOLE, load_from(tuple(folder), name).source))
