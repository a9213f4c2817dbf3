"""Our own Lua files, in the folder `scripts`."""

from __future__ import annotations

from functools import partial

from queuetui.backends.redis.scripts import load_from

load_script = partial(load_from, ("backends", "native", "redis", "scripts"))
