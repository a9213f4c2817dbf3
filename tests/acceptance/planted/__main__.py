"""`python -m tests.acceptance.planted`: plays every bug under every seed and prints, as a table, which promises were told broken."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.acceptance.planted.bug import NO_BUG
from tests.acceptance.planted.bugs import BUGS
from tests.acceptance.planted.play import SEEDS, run_once


def describe(broken: frozenset[str]) -> str:
    """Return the names of invariants in their order."""
    return ", ".join(sorted(broken, key=lambda name: int(name[1:]))) or "nothing"


def main() -> None:
    """Print the table."""
    print("| bug | " + " | ".join(f"seed {seed}" for seed in SEEDS) + " |")  # noqa: T201 - a table is read by people
    print("|---|" + "---|" * len(SEEDS))  # noqa: T201 - a table is read by people
    with tempfile.TemporaryDirectory(prefix="planted-") as folder:
        for bug in (*BUGS, NO_BUG):
            told = [describe(run_once(bug, seed, Path(folder)).broken) for seed in SEEDS]
            print(f"| {bug.name} | {' | '.join(told)} |", flush=True)  # noqa: T201 - a table is read by people


if __name__ == "__main__":
    main()
