"""A queuetui command line that ends with whoever started it.

`python -m queuetui.cli.demo.watched worker ...`.
Standard input is a pipe whose other end the parent holds; it is closed when the parent ends, however it ends.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from threading import Thread

from queuetui.cli.main import main

STDIN = 0
ORPHANED = 1


def watch_parent(on_end: Callable[[], object]) -> None:
    """Call `on_end`, from a thread of its own, when the parent closes the pipe or is gone."""

    def wait() -> None:
        while os.read(STDIN, 1):
            pass
        on_end()

    Thread(target=wait, name="queuetui-parent", daemon=True).start()


if __name__ == "__main__":
    watch_parent(lambda: os._exit(ORPHANED))
    sys.argv[0] = "queuetui"
    main()
