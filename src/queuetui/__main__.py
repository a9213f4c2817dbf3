"""`python -m queuetui`."""

from __future__ import annotations

from queuetui.cli.main import main

main()
