"""The table on the screen and the figures in a file."""

from __future__ import annotations

import json
import os
import platform
import statistics
from collections.abc import Sequence
from pathlib import Path

from benchmarks.peers.cells import Cell
from benchmarks.peers.rounds import Results, Task


def print_table(cells: list[Cell], results: Results) -> None:
    """Print one line a cell: ours, the peer's, the ratio with its spread, the target."""
    line = "{:<36}{:>16}  {:<20}{:>14}{:>9}  {:<15}{:>9}  {}"
    print(line.format("what", "ours", "peer", "theirs", "ratio", "spread", "target", ""))
    for cell in cells:
        print(line.format(*_texts(cell, results)).rstrip())
    print(f"\nThe rest of the machine used {results.others():.1f} of {os.cpu_count()} cores (median). Read ratios.")


def write_figures(path: Path, cells: list[Cell], results: Results, settings: dict[str, object]) -> None:
    """Write every figure of every round, with medians and spreads."""
    document = {
        "settings": settings,
        "machine": {
            "cpus": os.cpu_count(),
            "system": platform.platform(),
            "python": platform.python_version(),
            "others_cores": results.others(),
        },
        "cells": [_cell_document(cell, results) for cell in cells],
        "runs": [_run_document(task, results) for task in [*results.found, *results.not_run]],
    }
    path.write_text(json.dumps(document, indent=2) + "\n")


def _texts(cell: Cell, results: Results) -> Sequence[str]:
    own = results.values((cell.how, cell.ours), cell.figure)
    theirs = results.values((cell.how, cell.peer), cell.figure) if cell.peer is not None else []
    peer = "" if cell.peer is None else cell.peer.name
    target = _target(cell)
    reason = _why_not(cell, results)
    if reason is not None:
        return (
            cell.title,
            _amount(own, cell.unit),
            peer,
            _amount(theirs, cell.unit),
            "",
            "",
            target,
            f"not run: {reason}",
        )
    judged = results.ratios(cell) if cell.peer is not None else own
    found = statistics.median(judged)
    ratio = "" if cell.peer is None else f"{found:.2f}x"
    spread = "" if len(judged) == 1 else f"{min(judged):.2f}-{max(judged):.2f}"
    verdict = "" if cell.target is None else "met" if _is_met(cell, found) else "MISSED"
    return cell.title, _amount(own, cell.unit), peer, _amount(theirs, cell.unit), ratio, spread, target, verdict


def _target(cell: Cell) -> str:
    if cell.target is None:
        return "-"
    sign = "<=" if cell.less_is_better else ">="
    return f"{sign} {cell.target:g}" + ("x" if cell.peer is not None else f" {cell.unit}")


def _is_met(cell: Cell, found: float) -> bool:
    if cell.target is None:
        return True
    return found <= cell.target if cell.less_is_better else found >= cell.target


def _why_not(cell: Cell, results: Results) -> str | None:
    tasks = [(cell.how, contender) for contender in (cell.ours, cell.peer) if contender is not None]
    return next((results.not_run[task] for task in tasks if task in results.not_run), None)


def _amount(values: Sequence[float], unit: str) -> str:
    if not values:
        return "-"
    middle = statistics.median(values)
    return f"{middle:,.0f} {unit}" if middle >= 100 else f"{middle:.2f} {unit}"


def _cell_document(cell: Cell, results: Results) -> dict[str, object]:
    ratios = results.ratios(cell)
    return {
        "what": cell.what,
        "store": cell.ours.store,
        "ours": cell.ours.name,
        "peer": None if cell.peer is None else cell.peer.name,
        "figure": cell.figure,
        "ratio": statistics.median(ratios) if ratios else None,
        "ratios": ratios,
        "target": cell.target,
        "less_is_better": cell.less_is_better,
        "not_run": _why_not(cell, results),
    }


def _run_document(task: Task, results: Results) -> dict[str, object]:
    how, contender = task
    rounds = results.found.get(task, {})
    names = next(iter(rounds.values())).values if rounds else {}
    return {
        "measure": how,
        "store": contender.store,
        "who": contender.name,
        "packages": contender.environment.packages,
        "not_run": results.not_run.get(task),
        "figures": {name: _spread([one.values[name] for one in rounds.values()]) for name in names},
        "others_cores": [one.others for one in rounds.values()],
    }


def _spread(values: list[float]) -> dict[str, object]:
    return {"median": statistics.median(values), "least": min(values), "most": max(values), "rounds": values}
