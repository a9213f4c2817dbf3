"""Python's collector of garbage cycles, kept still while the console starts.

What is made by then stays until the end.
"""

from __future__ import annotations

import gc


def hold() -> None:
    """Look for no garbage: a tenth of a start went into looking through modules."""
    gc.disable()


def let_go() -> None:
    """Look for garbage again, and never through what there is already."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


def forget() -> None:
    """Count what was there at the start like everything else again, as the process goes on."""
    gc.enable()
    gc.unfreeze()
