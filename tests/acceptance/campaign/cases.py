"""Which cases there are: what is done, to what, how often, for each tier."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

from tests.acceptance.campaign.crash_points import SPOTS
from tests.acceptance.campaign.stage import BACKENDS, BESIDES

CLASSES = ("crash", "network", "restart", "pause", "kill", "sessions", "disk", "clock", "payload")
ISOLATIONS = ("thread", "process")
POINTS = tuple(SPOTS)
NETWORK = ("cut", "hang_up", "stall", "silence", "half_open", "steal")
PAUSES = ("freeze_0.5", "freeze_1.5", "freeze_5")
UNTRIED = frozenset({"disk", "clock"})
WITHOUT_SERVER = frozenset({"network", "sessions", "restart"})


@dataclass(frozen=True, slots=True)
class Case:
    """One case: faults of one class in turn on one backend, under load."""

    fault_class: str
    backend: str
    isolation: str
    faults: tuple[str, ...]
    seed: int = 0
    jobs: int = 100
    a_second: float = 25.0
    workers: int = 2
    lease_s: float = 2.0

    @property
    def name(self) -> str:
        """What it is called, in folders and reports."""
        return f"{self.fault_class}-{self.backend}-{self.isolation}"


@dataclass(frozen=True, slots=True)
class Tier:
    """How often each fault is done in a case, and how much work there is meanwhile."""

    name: str
    times: int
    jobs: int
    workers: int
    lease_s: float
    rounds: int = 1


TIERS = {
    "a": Tier("a", times=1, jobs=60, workers=2, lease_s=3.0),
    "b": Tier("b", times=2, jobs=300, workers=3, lease_s=2.0),
    "c": Tier("c", times=4, jobs=2000, workers=3, lease_s=3.0, rounds=4),
}
# The smallest set that has every class, every crash point and every store in it, and threads beside processes.
SMOKE = (
    ("crash", "sqlite", "thread"),
    ("network", "postgresql", "process"),
    ("network", "redis", "thread"),
    ("pause", "redis", "process"),
    ("kill", "sqlite", "process"),
    ("sessions", "postgresql", "thread"),
    ("restart", "redis", "thread"),
    ("disk", "sqlite", "thread"),
    ("clock", "postgresql", "thread"),
    ("payload", "sqlite", "thread"),
)


def faults_of(fault_class: str, isolation: str, times: int) -> tuple[str, ...]:
    """Return the faults of a class, each as often as that."""
    kills = ("kill_worker", "kill_child", "kill_nest") if isolation == "process" else ("kill_worker",)
    once = {
        "crash": POINTS,
        "kill": kills,
        "pause": (*PAUSES, "freeze_tree_1.5") if isolation == "process" else PAUSES,
        "network": NETWORK,
        "sessions": ("end_sessions",),
        "restart": ("restart",),
        "disk": ("fill_disk",),
        "clock": ("step_hour", "step_day") if times > 1 else ("step_hour",),
        "payload": ("ten_mb",),
    }[fault_class]
    more = {"kill": 4, "sessions": 5, "network": 2}.get(fault_class, 1) if times > 1 else 1
    fewer = {"clock", "disk", "payload"}
    return once * (1 if fault_class in fewer else times * more)


def list_cases(tier: Tier, seed: int) -> Iterator[Case]:
    """Yield the cases of a tier in order, each with a seed of its own that follows from the one given."""
    every = tuple((one, backend, how) for one in CLASSES for backend in (*BACKENDS, *BESIDES) for how in ISOLATIONS)
    wanted: tuple[tuple[str, str, str], ...] = SMOKE if tier.name == "a" else every
    for round_number in range(tier.rounds):
        for fault_class, backend, isolation in wanted:
            if (backend == "sqlite" and fault_class in WITHOUT_SERVER) or (
                backend == "mysql" and fault_class in UNTRIED
            ):
                continue
            faults = faults_of(fault_class, isolation, tier.times)
            case = Case(
                fault_class, backend, isolation, faults, 0, tier.jobs, workers=tier.workers, lease_s=tier.lease_s
            )
            yield replace(case, seed=seed_of(seed + round_number, case.name))


def seed_of(seed: int, name: str) -> int:
    """Return the seed of a case, which is the same whatever other cases are run."""
    return zlib.crc32(f"{seed} {name}".encode())
