"""What the background threads tell the console."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from textual.message import Message


@dataclass
class HandedOver(Message):
    """A thread has something for the console's own thread to do."""

    deliver: Callable[[], None]
