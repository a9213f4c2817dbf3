"""What a check found: broken promises with their evidence, and the counts that are published."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

INVARIANTS = {
    "I1": "no loss",
    "I2": "no phantom",
    "I3": "valid leases of a job never overlap, its fence grows",
    "I4": "runs of a job never overlap",
    "I5": "one final transition, stale writes change nothing",
    "I6": "every repeated run has a recorded and true cause",
    "I7": "one fenced effect a completed job",
    "I8": "attempts and losses are counted each for its cause",
    "I9": "one live job a key",
    "I10": "no start before its time, one job a slot",
    "I11": "cancelled stays cancelled, completed stays completed",
    "I12": "no claim of a paused queue",
    "I13": "runnable jobs are started",
    "I14": "order within a group",
    "I15": "the job exists if its business row does",
    "I16": "an act changes what it names and no more",
    "I17": "looking writes and locks nothing",
    "I18": "acknowledged only when durable",
}
SHOWN_JOBS, SHOWN_VIOLATIONS = 5, 40


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken promise: which, in words, of which jobs, and what tells it."""

    invariant: str
    what: str
    job_ids: tuple[str, ...] = ()
    evidence: str = ""

    def __str__(self) -> str:
        more = "" if len(self.job_ids) <= SHOWN_JOBS else f" and {len(self.job_ids) - SHOWN_JOBS} more"
        jobs = f" [{' '.join(self.job_ids[:SHOWN_JOBS])}{more}]" if self.job_ids else ""
        return f"{self.invariant} {self.what}{jobs}" + (f": {self.evidence}" if self.evidence else "")


@dataclass
class Report:
    """What a check found; `examined` counts for each invariant what it was tried on, so that 0 says that nothing was proved.

    `overlaps` are counted by fault class, `duplicates` by recorded cause; `unexplained` are repeated runs without a true cause.
    `recovery_s` holds, for each run that was killed, the time until the job ran again.
    """

    violations: list[Violation] = field(default_factory=list)
    examined: Counter[str] = field(default_factory=Counter)
    jobs: int = 0
    runs: int = 0
    lost: int = 0
    phantom: int = 0
    double_final: int = 0
    overlaps: Counter[str] = field(default_factory=Counter)
    duplicates: Counter[str] = field(default_factory=Counter)
    unexplained: int = 0
    states: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    recovery_s: list[float] = field(default_factory=list)

    @property
    def broken(self) -> frozenset[str]:
        """The invariants that were broken."""
        return frozenset(violation.invariant for violation in self.violations)

    def blame(self, invariant: str, what: str, job_ids: Iterable[str] = (), evidence: str = "") -> None:
        """Add a broken promise, unless it is about jobs and there are none."""
        self.violations.append(Violation(invariant, what, tuple(job_ids), evidence))

    def blame_jobs(self, invariant: str, what: str, job_ids: Iterable[str]) -> int:
        """Add one broken promise of several jobs, if there are any; return how many."""
        found = tuple(sorted(set(job_ids)))
        if found:
            self.blame(invariant, what, found)
        return len(found)

    def recovery_at_s(self, part: float) -> float:
        """Return the time within which this part of the killed runs ran again; 0 where none was killed."""
        ordered = sorted(self.recovery_s)
        return ordered[min(len(ordered) - 1, int(len(ordered) * part))] if ordered else 0.0

    def table(self) -> str:
        """Return the report as people read it."""
        lines = [
            f"jobs {self.jobs} ({_counts(self.states)}), runs {self.runs}, faults: {_counts(self.faults)}",
            f"lost {self.lost}, phantom {self.phantom}, double final {self.double_final}, unexplained {self.unexplained}",
            f"overlaps: {_counts(self.overlaps)}; duplicates: {_counts(self.duplicates)}",
            f"recovery: median {self.recovery_at_s(0.5):.2f} s, p99 {self.recovery_at_s(0.99):.2f} s of {len(self.recovery_s)}",
            "",
            "| invariant | examined | broken |",
            "|---|---|---|",
        ]
        broken = Counter(violation.invariant for violation in self.violations)
        lines += [f"| {one} {INVARIANTS[one]} | {self.examined[one]} | {broken[one]} |" for one in INVARIANTS]
        return "\n".join([*lines, *_shown(self.violations)])


def _counts(counter: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counter.items()) if count) or "none"


def _shown(violations: Sequence[Violation]) -> list[str]:
    return ["", f"{len(violations)} broken promises", *map(str, violations[:SHOWN_VIOLATIONS])] if violations else []
