"""Runs a change as one script, `guarded.lua`."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from queuetui.backends.keys.changes import KeysChange
from queuetui.backends.reading.refusals import MOVED_ON
from queuetui.backends.redis.scripts import Script, load_from, make_script
from queuetui.backends.redis.server import RedisServer, Value

# Takes what is being done, in words, and the change; returns as `run_change` does.
RunChange = Callable[[str, KeysChange], str]
# Where a decision stands in the script.
_HOLE = "  return {}\n-- decision\n"


def run_change(server: RedisServer, doing: str, change: KeysChange) -> str:
    """Do a change; return why nothing was done where a guard did not hold, else nothing.

    Whoever keeps what was read of the server is told, also where the outcome is not known.
    """
    plain = (*change.puts, *change.removes)
    values: list[Value] = [len(change.guards) + len(plain)]
    for guard in change.guards:
        values += [len(guard.answers), *guard.answers, len(guard.command), *guard.command]
    for command in plain:
        values += [0, len(command), *command]
    if change.decision is not None:
        values += change.decision.values
    script = _load_script(() if change.decision is None else change.decision.script)
    keys = dict.fromkeys(command[1] for command in (*(guard.command for guard in change.guards), *plain))
    try:
        unmet = int(server.run(doing, script, [_to_key(key) for key in keys], values, writes=True)[0])
    finally:
        server.changed()
    if not unmet:
        return ""
    # What a decision refuses is numbered behind all commands.
    return "".join(guard.why for guard in change.guards[unmet - 1 : unmet]) or MOVED_ON


@cache
def _load_script(decision: tuple[str, ...]) -> Script:
    """Return the one script that changes keys, with a product's own decision in it where a change has one."""
    plain = load_from(("backends", "keys"), "guarded")
    if not decision:
        return plain
    *folder, name = decision
    return make_script(plain.source.replace(_HOLE, load_from(tuple(folder), name).source))


def _to_key(value: Value) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()
