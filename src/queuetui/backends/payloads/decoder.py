"""Decodes a payload through its wrappings to JSON text, or says why it cannot."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

_MOST_LAYERS = 5


@dataclass(frozen=True, slots=True)
class Caps:
    """How much is read of one payload before it is given up."""

    inflated_bytes: int = 8 * 1024 * 1024
    depth: int = 64
    items: int = 100_000


class Undecodable(Exception):
    """A payload that cannot be read, with the reason in our words."""


@dataclass(frozen=True, slots=True)
class Container:
    """A wrapping of bytes in bytes: `sniff` knows it by its first bytes, `open` raises Undecodable alone."""

    name: str
    sniff: Callable[[bytes], bool]
    open: Callable[[bytes, Caps], bytes]


@dataclass(frozen=True, slots=True)
class Reader:
    """A format of values: `read` returns JSON text and raises Undecodable alone."""

    name: str
    sniff: Callable[[bytes], bool]
    read: Callable[[bytes, Caps], str]


@dataclass(frozen=True, slots=True)
class Decoded:
    """The JSON text of a payload, through which layers it was read, and a problem where it was not."""

    text: str
    layers: tuple[str, ...] = ()
    problem: str = ""


class Decoder:
    """Opens containers as long as there is one, and then reads what is within."""

    _caps = Caps()

    def __init__(self, containers: tuple[Container, ...], readers: tuple[Reader, ...]) -> None:
        self._containers = containers
        self._readers = readers

    def decode(self, raw: bytes) -> Decoded:
        """Return what a payload holds; one that cannot be read comes with its problem and no text."""
        layers: list[str] = []
        try:
            for _ in range(_MOST_LAYERS):
                if len(raw) > self._caps.inflated_bytes:
                    raise Undecodable(f"it is larger than the {self._caps.inflated_bytes:,} bytes that are read of one")
                container = next((one for one in self._containers if one.sniff(raw)), None)
                if container is None:
                    return self._read(raw, layers)
                raw = container.open(raw, self._caps)
                layers.append(container.name)
            raise Undecodable(f"it is wrapped more than {_MOST_LAYERS} times")
        except Undecodable as error:
            through = f"behind {', '.join(layers)}: " if layers else ""
            return Decoded("", tuple(layers), f"{through}{error}")

    def _read(self, raw: bytes, layers: list[str]) -> Decoded:
        reader = next((one for one in self._readers if one.sniff(raw)), None)
        if reader is None:
            raise Undecodable("its format is not known here")
        return Decoded(reader.read(raw, self._caps), (*layers, reader.name))


def _sniff_json(raw: bytes) -> bool:
    return raw[:1] in (b"[", b"{", b'"')


def _read_json(raw: bytes) -> str:
    try:
        text = raw.decode("utf-8")
        json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Undecodable("it begins like JSON and is none") from error
    return text


JSON = Reader("json", _sniff_json, lambda raw, _: _read_json(raw))
