"""The jobs that a Python product's worker runs: they do as they should once the file `mended` is there."""

from __future__ import annotations

import os
import threading
from pathlib import Path


def fail(folder: str) -> None:
    """Fail until mended."""
    room = Path(folder)
    if not (room / "mended").exists():
        msg = "not mended yet"
        raise LookupError(msg)
    (room / "fail-done").touch()


def slow(folder: str) -> None:
    """Tell by which process it is run, and run on until mended."""
    room = Path(folder)
    if not (room / "mended").exists():
        part = room / "slow-began.part"
        part.write_text(str(os.getpid()), encoding="ascii")
        part.rename(room / "slow-began")
        threading.Event().wait(600)
    (room / "slow-done").touch()
