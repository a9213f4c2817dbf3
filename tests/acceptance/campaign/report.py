"""Writes what came of a campaign as Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from tests.acceptance.campaign.ordeal import versions
from tests.acceptance.campaign.results import Result, summed

WORDS = """
All cases use real processes on one host and one disk, so they prove nothing about several machines. Zero events in n trials means, with
95% confidence, a rate below 3/n. Leases are 2 or 3 seconds long here, and 30 by default. Cases may have been run in parts that
`--resume` joined.

| word | means |
|---|---|
| retry | a run that was repeated because its handler failed, as one in ten is told to |
| duplicate | a run that was repeated for another cause, which the store recorded and a fault nearby explains |
| lost | the lease of a run expired, or its process died |
| ack_lost | a run was acknowledged too late |
| load | a worker noticed a delay: by the machine, by being frozen, or by a server that did not answer |
| unexplained | a repeated run without a valid cause |
| recovery | the time from the death of a run until its job ran again |
| back | the time from the end of a fault until the next job began |
| overlap | in the pause class: a run was frozen for longer than its lease and went on for a moment; its result is refused |
"""


def write_report(path: Path, results: Sequence[Result], command: str) -> None:
    """Write the report."""
    path.write_text("\n".join(describe(results, command)) + "\n", encoding="utf-8")


def describe(results: Sequence[Result], command: str) -> Iterator[str]:
    """Yield the lines of the report."""
    seconds = sum(one.seconds for one in results)
    played = [one for one in results if one.faults]
    machine = ", ".join(f"{name} {value}" for name, value in versions().items())
    failed = [one for one in results if one.failed]
    yield "# Fault campaign"
    yield ""
    yield f"Written by `{command} --report FILE`: {seconds / 60:.0f} minutes of cases ({machine})."
    yield WORDS
    yield from table("By class", played, lambda one: one.fault_class)
    yield from table("By backend", played, lambda one: one.backend)
    yield from table("By isolation", played, lambda one: one.isolation)
    yield from counts("Faults", "fault", summed(one.faults for one in played))
    yield from counts("Overlaps by cause", "cause", summed(one.overlaps for one in played))
    yield from counts(
        "Repeated runs by recorded cause, and jobs that were quarantined",
        "cause",
        summed(one.duplicates for one in played),
    )
    skipped = sorted({why for one in results for why in one.skipped.values()})
    if skipped:
        yield from ("## Skipped", "", *(f"- {why}" for why in skipped), "")
    yield from ("## Failed", "")
    if not failed:
        yield "None."
    for one in failed:
        yield f"- `{one.command}`: {'; '.join((*one.violations, *one.problems))[:500]}"


def table(title: str, results: Sequence[Result], key_of: Callable[[Result], str]) -> Iterator[str]:
    """Yield a table with one line a key and the sum."""
    yield from (f"## {title}", "")
    yield (
        "| | cases | faults | jobs | runs | retries | lost | phantom | double final | overlaps | duplicates | unexplained "
        "| recovery p50, p99, worst | back p50, p99, worst |"
    )
    yield "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|"
    for key in dict.fromkeys(map(key_of, results)):
        yield row(key, [one for one in results if key_of(one) == key])
    yield row("all", results)
    yield ""


def row(name: str, results: Sequence[Result]) -> str:
    """Return a line of a table."""
    cells = [
        name,
        len(results),
        sum(sum(one.faults.values()) for one in results),
        sum(one.jobs for one in results),
        sum(one.runs for one in results),
        sum(one.retries for one in results),
        sum(one.lost for one in results),
        sum(one.phantom for one in results),
        sum(one.double_final for one in results),
        sum(sum(one.overlaps.values()) for one in results),
        sum(one.repeated for one in results),
        sum(one.unexplained for one in results),
        spans(one for result in results for one in result.recovery_s),
        spans(one for result in results for one in result.back_s),
    ]
    return f"| {' | '.join(map(str, cells))} |"


def spans(lengths_s: Iterable[float]) -> str:
    """Return the middle, the longest but one in a hundred, and the longest."""
    ordered = sorted(lengths_s)
    return ", ".join(f"{at(ordered, part):.1f} s" for part in (0.5, 0.99, 1.0)) if ordered else "-"


def counts(title: str, what: str, counted: dict[str, int]) -> Iterator[str]:
    """Yield a table of counts."""
    yield from (f"## {title}", "", f"| {what} | count |", "|---|---|")
    for name, count in sorted(counted.items()):
        yield f"| {name} | {count} |"
    yield ""


def at(ordered: Sequence[float], part: float) -> float:
    """Return the value below which this part of them lies."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))] if ordered else 0.0
