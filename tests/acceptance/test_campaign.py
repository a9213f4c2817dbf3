"""The smallest fault campaign: every class of faults at least once, every crash point, on all stores, in threads and in processes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.campaign.cases import POINTS, TIERS, Case, list_cases
from tests.acceptance.campaign.judging import play_case
from tests.acceptance.campaign.stage import Servers
from tests.servers.fixtures import report_missing

SEED = 1
CASES = tuple(list_cases(TIERS["a"], SEED))
STRICT = frozenset({"crash", "kill", "network", "sessions", "restart"})


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    """Servers of the campaign's own, for it kills them."""
    made = Servers()
    yield made
    made.close()


@pytest.mark.timeout(180)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_no_fault_breaks_a_promise(case: Case, servers: Servers, tmp_path: Path) -> None:
    """Under this class of faults nothing is lost, made up or ended twice, and every repeated run has its recorded cause."""
    command = f"python -m tests.acceptance.campaign --tier a --seed {SEED} --class {case.fault_class}"
    result = play_case(case, servers, tmp_path / case.name, command)
    if not result.faults and result.skipped and not result.failed:
        report_missing("; ".join(result.skipped.values()))
    assert (result.violations, result.problems) == ([], []), result.command
    assert (result.lost, result.phantom, result.double_final, result.unexplained) == (0, 0, 0, 0)
    assert case.fault_class not in STRICT or not result.overlaps
    assert {*case.faults} - {*result.skipped} - {"fill_disk", "step_hour", "step_day"} <= {*result.faults} | {"steal"}


def test_every_crash_point_of_the_reference_is_there() -> None:
    """There are sixteen."""
    assert len(POINTS) == 16
