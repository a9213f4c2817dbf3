"""What an RQ job calls, from its data or, where that cannot be read, its description."""

from __future__ import annotations

import json

from queuetui.backends.payloads.containers import ZLIB
from queuetui.backends.payloads.decoder import JSON, Decoder
from queuetui.backends.payloads.msgpack_reader import MSGPACK
from queuetui.backends.payloads.pickle_reader import PICKLE
from queuetui.backends.payloads.stored_values import list_of

_DATA = Decoder((ZLIB,), (PICKLE, JSON, MSGPACK))


def read_call(raw: bytes | None, description: str) -> tuple[str, str, str]:
    """Return the function's name, its arguments, and why its data cannot be read."""
    data = _DATA.decode(raw or b"")
    match list_of(data.text):
        case [name, instance, args, kwargs]:
            shown = {"func": name, "args": args, "kwargs": kwargs} | (
                {} if instance is None else {"instance": instance}
            )
            return str(name), json.dumps(shown, ensure_ascii=False), data.problem
    return description.partition("(")[0] or "?", description, data.problem
