"""The message by which background threads reach the console's thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from textual.message import Message


@dataclass
class HandedOver(Message):
    """A call that a background thread asks the console's thread to run."""

    deliver: Callable[[], None]
