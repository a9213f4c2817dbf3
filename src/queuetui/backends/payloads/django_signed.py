"""Values that Django has signed (`django.core.signing`), with the time when they were signed.

A value is in base64, perhaps packed by zlib.

The signature is not checked: nothing here runs what is signed.
"""

from __future__ import annotations

from datetime import datetime

from queuetui.backends.payloads.containers import inflate, open_base64
from queuetui.backends.payloads.decoder import Caps
from queuetui.model.clock import from_us

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
# Of SHA-256 in base64 without its padding, and of the seconds since 1970 until the year 3770.
SIGNATURE_CHARS, TIME_CHARS = 43, 6
_PACKED = "."


def open_signed(text: str, caps: Caps) -> bytes:
    """Return the value that was signed; raises Undecodable."""
    value = text.rsplit(":", 2)[0]
    packed = value.removeprefix(_PACKED)
    opened = open_base64(packed.translate(str.maketrans("-_", "+/")).encode("utf-8", "replace"))
    return inflate(opened, caps) if packed != value else opened


def signed_at(text: str) -> datetime | None:
    """Return when a value was signed, to the second, None where that cannot be read."""
    written = text[-SIGNATURE_CHARS - TIME_CHARS - 1 : -SIGNATURE_CHARS - 1]
    if len(written) != TIME_CHARS or not set(written) <= set(DIGITS):
        return None
    at_s = 0
    for digit in written:
        at_s = at_s * len(DIGITS) + DIGITS.index(digit)
    return from_us(at_s * 1_000_000)
