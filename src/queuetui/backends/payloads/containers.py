"""Opens wrappings of payloads: zlib, gzip, bzip2, LZMA, base64 and signatures, each within bounds."""

from __future__ import annotations

import base64
import binascii
import bz2
import lzma
import re
import zlib

from queuetui.backends.payloads.decoder import Caps, Container, Undecodable

_GZIP_WINDOW = 31
_ZLIB_WINDOW = 15
_ZLIB_METHOD = 8
_BASE64 = re.compile(rb"[A-Za-z0-9+/\s]{8,}={0,2}\s*")
# A colon and the digest of SHA-1 or SHA-256 in hexadecimal stand behind the value.
_SIGNATURE = re.compile(rb":(?:[0-9a-f]{64}|[0-9a-f]{40})\Z")
_LONGEST_SIGNATURE = 65


def inflate(raw: bytes, caps: Caps, window: int = _ZLIB_WINDOW) -> bytes:
    """Return what zlib packed; raises Undecodable where it is broken or larger than allowed."""
    inflater = zlib.decompressobj(window)
    try:
        opened = inflater.decompress(raw, caps.inflated_bytes + 1)
    except zlib.error as error:
        raise Undecodable("its compressed bytes are broken") from error
    if len(opened) > caps.inflated_bytes:
        raise Undecodable(f"it inflates to more than the {caps.inflated_bytes:,} bytes that are read of one")
    if not inflater.eof:
        raise Undecodable("its compressed bytes end too early")
    return opened


def _unpack(raw: bytes, caps: Caps, unpacker: bz2.BZ2Decompressor | lzma.LZMADecompressor) -> bytes:
    """Return what bzip2 or LZMA packed; raises Undecodable where it is broken or larger than allowed."""
    try:
        opened = unpacker.decompress(raw, caps.inflated_bytes + 1)
    except (OSError, lzma.LZMAError) as error:
        raise Undecodable("its compressed bytes are broken") from error
    if len(opened) > caps.inflated_bytes:
        raise Undecodable(f"it inflates to more than the {caps.inflated_bytes:,} bytes that are read of one")
    if not unpacker.eof:
        raise Undecodable("its compressed bytes end too early")
    return opened


def _open_lzma(raw: bytes, caps: Caps) -> bytes:
    try:
        # Its own window may ask for gigabytes before a byte is written.
        unpacker = lzma.LZMADecompressor(memlimit=8 * caps.inflated_bytes)
    except lzma.LZMAError as error:
        raise Undecodable("its compressed bytes are broken") from error
    return _unpack(raw, caps, unpacker)


def open_base64(raw: bytes) -> bytes:
    """Return what base64 wrapped, whether it is padded or not; raises Undecodable."""
    bare = b"".join(raw.split())
    try:
        return base64.b64decode(bare + b"=" * (-len(bare) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Undecodable("its base64 is broken") from error


def _sniff_zlib(raw: bytes) -> bool:
    return len(raw) > 1 and raw[0] & 0x0F == _ZLIB_METHOD and int.from_bytes(raw[:2]) % 31 == 0


def _sniff_signed(raw: bytes) -> bool:
    return _SIGNATURE.search(raw[-_LONGEST_SIGNATURE:]) is not None


def _open_signed(raw: bytes) -> bytes:
    return raw[: raw.rindex(b":")]


ZLIB = Container("zlib", _sniff_zlib, inflate)
GZIP = Container("gzip", lambda raw: raw[:2] == b"\x1f\x8b", lambda raw, caps: inflate(raw, caps, _GZIP_WINDOW))
BZIP2 = Container("bzip2", lambda raw: raw[:3] == b"BZh", lambda raw, caps: _unpack(raw, caps, bz2.BZ2Decompressor()))
LZMA = Container("lzma", lambda raw: raw[:6] == b"\xfd7zXZ\0", _open_lzma)
BASE64 = Container("base64", lambda raw: _BASE64.fullmatch(raw) is not None, lambda raw, _: open_base64(raw))
SIGNED = Container("signed", _sniff_signed, lambda raw, _: _open_signed(raw))
