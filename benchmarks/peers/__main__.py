"""`python -m benchmarks.peers`: the engine and its peers in one run, on private servers, as ratios.

Every peer is installed into an environment of its own below the user's cache folder. Nothing is asserted: a missed target is
printed as missed, and what cannot be run is printed with the reason.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
from pathlib import Path

from benchmarks.peers.cells import Cell, all_cells
from benchmarks.peers.report import print_table, write_figures
from benchmarks.peers.rounds import run_rounds

ROUNDS, QUICK_ROUNDS = 3, 1
SCALE, QUICK_SCALE = 1.0, 0.4


def main() -> None:
    """Run and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description="Our engine beside its peers.")
    parser.add_argument("--rounds", type=int, help=f"how often everything is run (default {ROUNDS})")
    parser.add_argument("--quick", action="store_true", help="one round of smaller runs: a first idea in minutes")
    parser.add_argument("--only", default="", metavar="WORDS", help="cells whose line holds all these words")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write every figure there, as JSON")
    asked = parser.parse_args()
    # An end from outside lets the servers be ended too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))
    rounds = asked.rounds or (QUICK_ROUNDS if asked.quick else ROUNDS)
    scale = QUICK_SCALE if asked.quick else SCALE
    cells = [cell for cell in all_cells() if _is_asked_for(cell, asked.only)]
    started_s = time.monotonic()
    results = run_rounds(cells, rounds, scale)
    print_table(cells, results)
    print(f"{rounds} round(s) in {(time.monotonic() - started_s) / 60:.1f} minutes.")
    if asked.out is not None:
        write_figures(asked.out, cells, results, {"rounds": rounds, "scale": scale, "only": asked.only})


def _is_asked_for(cell: Cell, words: str) -> bool:
    line = f"{cell.title} {cell.peer.name if cell.peer is not None else ''}".lower()
    return all(word in line for word in words.lower().split())


if __name__ == "__main__":
    main()
