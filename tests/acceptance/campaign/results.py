"""What came of cases, one line of JSON each, so that a campaign can be gone on with and summed up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import msgspec

RESULTS = "results.jsonl"
# What the checker counts beside the duplicates that faults are behind.
RETRY, QUARANTINED = "retry", "quarantined"


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one case; `violations` are broken promises, `problems` what else went wrong."""

    name: str
    fault_class: str
    backend: str
    isolation: str
    seed: int
    command: str
    faults: dict[str, int] = {}
    jobs: int = 0
    runs: int = 0
    lost: int = 0
    phantom: int = 0
    double_final: int = 0
    unexplained: int = 0
    overlaps: dict[str, int] = {}
    duplicates: dict[str, int] = {}
    recovery_s: list[float] = []
    back_s: list[float] = []
    skipped: dict[str, str] = {}
    violations: list[str] = []
    problems: list[str] = []
    seconds: float = 0.0
    folder: str = ""

    @property
    def retries(self) -> int:
        """How many runs were repeated because their handler failed."""
        return self.duplicates.get(RETRY, 0)

    @property
    def repeated(self) -> int:
        """How many runs were repeated through no fault of their handler."""
        return sum(count for cause, count in self.duplicates.items() if cause not in {RETRY, QUARANTINED})

    @property
    def failed(self) -> bool:
        """Whether anything went wrong."""
        return bool(self.violations or self.problems)

    @property
    def line(self) -> str:
        """Say in one line what came of it."""
        if not self.faults and self.skipped:
            return f"{self.name}: skipped: {'; '.join(sorted(set(self.skipped.values())))}"
        worst_s, back_s = max(self.recovery_s, default=0.0), max(self.back_s, default=0.0)
        return (
            f"{self.name}: {sum(self.faults.values())} faults, {self.jobs} jobs, {self.runs} runs, lost {self.lost}, "
            f"phantom {self.phantom}, double final {self.double_final}, overlaps {sum(self.overlaps.values())}, "
            f"duplicates {self.repeated} ({self.unexplained} unexplained), recovery {worst_s:.1f} s, back {back_s:.1f} s, "
            f"{self.seconds:.0f} s{'' if not self.failed else ' FAILED'}"
        )


class Results:
    """The file of results in a campaign's folder."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / RESULTS

    def add(self, result: Result) -> None:
        """Append one."""
        with self._path.open("ab") as file:
            file.write(msgspec.json.encode(result) + b"\n")

    def all(self) -> list[Result]:
        """Return what there is so far; of a case that was run again, the last."""
        if not self._path.exists():
            return []
        decode = msgspec.json.Decoder(Result).decode
        found = [decode(line) for line in self._path.read_bytes().splitlines()]
        return list({(one.name, one.seed): one for one in found}.values())


def summed(counts: Iterable[dict[str, int]]) -> Counter[str]:
    """Return the sum of counts."""
    total: Counter[str] = Counter()
    for one in counts:
        total.update(one)
    return total
