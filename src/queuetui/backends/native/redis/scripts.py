"""Our own Lua files, in the folder `scripts`."""

from __future__ import annotations

from functools import cache, partial

from queuetui.backends.redis.scripts import load_from

load_script = cache(partial(load_from, ("backends", "native", "redis", "scripts")))
