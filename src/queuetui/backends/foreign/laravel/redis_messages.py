"""The messages that Laravel's Redis queue keeps, written anew as its own retry writes them."""

from __future__ import annotations

import json

from queuetui.backends.keys.stored_values import object_of
from queuetui.model.act import KEEP, NO_DEADLINE

_UNREADABLE = "its message is no JSON object, so it cannot be written again; delete it, or look at what pushed it"
_ODD_NUMBER = "its message holds a number that JSON cannot carry, so it cannot be written again; retry it with: php artisan queue:retry"
_ODD_BYTES = (
    "its message is not valid in its encoding, so it cannot be written again; retry it with: php artisan queue:retry"
)
# What a text is read as where its bytes are not valid.
_UNKNOWN = "\N{REPLACEMENT CHARACTER}"


def write_again(message: bytes, attempts: int, deadline: str, now_s: int) -> bytes | str:
    """Return a message with other attempts and deadline (KEEP: its own), or why that cannot be.

    A message that says so already keeps its bytes.
    """
    said = object_of(message)
    if said is None:
        return _UNREADABLE
    if _UNKNOWN in message.decode("utf-8", "replace"):
        return _ODD_BYTES
    if said.get("attempts") == attempts and deadline == KEEP:
        return message
    said["attempts"] = attempts
    if deadline != KEEP:
        name = "timeoutAt" if "timeoutAt" in said else "retryUntil"
        said[name] = None if deadline == NO_DEADLINE else now_s + int(deadline)
    try:
        text = json.dumps(said, separators=(",", ":"), allow_nan=False)
    except ValueError:
        return _ODD_NUMBER
    # As PHP writes it: a slash stands in texts only.
    return text.replace("/", "\\/").encode("ascii")
