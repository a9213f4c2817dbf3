"""The identity of a queue.

Learned facts and pinned trust are kept under it, never under an address.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Identity:
    """A store's own name for itself, as text; `lasting` tells whether it survives a restart of the server.

    Two connections see the same queue exactly when their texts are equal; where nothing lasts, the address is all there is to go by.
    """

    text: str
    lasting: bool = True

    def kept_under(self, address: str) -> str:
        """Return the key of facts about the queue: its own name, or its address if that name does not last."""
        return self.text if self.lasting else f"address {address}"
