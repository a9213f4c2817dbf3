"""The smallest fault campaign: every class of faults, every crash point, on three stores, in threads and in processes."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.acceptance.campaign.cases import POINTS, TIERS, Case, list_cases
from tests.acceptance.campaign.judging import play_case
from tests.acceptance.campaign.results import Result
from tests.acceptance.campaign.stage import BACKENDS, Servers
from tests.servers.fixtures import report_missing

SEED = 1
CASES = tuple(list_cases(TIERS["a"], SEED))
# In these no two runs of a job may be at work at once, whatever happens.
STRICT = frozenset({"crash", "kill", "network", "sessions", "restart"})
NEEDS_MORE_THAN_A_SERVER = frozenset({"disk", "clock"})
COMMAND = f"python -m tests.acceptance.campaign --tier a --seed {SEED}"

pytestmark = pytest.mark.timeout(400)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Result]:
    """What came of all cases: those of one store one after the other, the three stores beside each other, for most of it is waiting."""
    folder = tmp_path_factory.mktemp("campaign")
    servers = Servers()
    try:
        with ThreadPoolExecutor(len(BACKENDS)) as stores:
            played = stores.map(lambda backend: _play_all(backend, servers, folder), BACKENDS)
            return {result.name: result for results in played for result in results}
    finally:
        servers.close()


def _play_all(backend: str, servers: Servers, folder: Path) -> Sequence[Result]:
    mine = [case for case in CASES if case.backend == backend]
    return [play_case(case, servers, folder / case.name, COMMAND) for case in mine]


@pytest.mark.campaign
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_no_fault_breaks_a_promise(case: Case, results: dict[str, Result]) -> None:
    """Under this class of faults nothing is lost, made up or ended twice, and every repeated run has its recorded cause."""
    result = results[case.name]
    assert (result.violations, result.problems) == ([], []), f"{result.folder} {result.command}"
    assert (result.lost, result.phantom, result.double_final, result.unexplained) == (0, 0, 0, 0)
    assert case.fault_class not in STRICT or not result.overlaps
    if result.skipped:
        lines = "; ".join(sorted({*result.skipped.values()}))
        if case.fault_class in NEEDS_MORE_THAN_A_SERVER:
            pytest.skip(lines)
        report_missing(lines)
    assert {*case.faults} <= {*result.faults}
    assert result.runs > result.jobs > 0


def test_every_crash_point_of_the_reference_is_there() -> None:
    """There are sixteen."""
    assert len(POINTS) == 16
