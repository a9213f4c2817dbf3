"""Plays a case in a folder of its own and lets the checker judge it."""

from __future__ import annotations

import shutil
import time
import traceback
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

from tests.acceptance.campaign.cases import Case
from tests.acceptance.campaign.clock import right_dates
from tests.acceptance.campaign.ordeal import Ordeal, versions
from tests.acceptance.campaign.results import Result
from tests.acceptance.campaign.stage import Absent, Servers
from tests.acceptance.checker import Report, Setup, check, load
from tests.acceptance.checker.history import write_setup

SWEEP_S, POLL_S = 2.0, 0.2


def play_case(case: Case, servers: Servers, folder: Path, command: str) -> Result:
    """Play, judge and return what came of it; nothing that goes wrong is raised."""
    begun_s = time.monotonic()
    # What an interrupted run left there would be taken for this one's doing.
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    faults: Counter[str] = Counter()
    back_s: list[float] = []
    skipped: dict[str, str] = {}
    problems: list[str] = []
    report = Report()
    try:
        with ExitStack() as stack:
            stage = stack.enter_context(servers.stage(case, folder))
            ordeal = Ordeal(case, stage, folder)
            faults, skipped, problems, back_s = ordeal.done, ordeal.skipped, ordeal.problems, ordeal.back_s
            write_setup(_setup(case, command), folder)
            ordeal.play()
        right_dates(folder)
        report = check(load(folder))
        (folder / "report.txt").write_text(report.table())
    except Absent as absent:
        skipped[case.fault_class] = str(absent)
    except Exception as error:  # noqa: BLE001 - the campaign goes on with its next case, and this one is told as failed
        (folder / "error.txt").write_text(traceback.format_exc())
        problems.append(f"{type(error).__name__}: {error}")
    return Result(
        name=case.name,
        fault_class=case.fault_class,
        backend=case.backend,
        isolation=case.isolation,
        seed=case.seed,
        command=command,
        faults=dict(faults),
        jobs=report.jobs,
        runs=report.runs,
        lost=report.lost,
        phantom=report.phantom,
        double_final=report.double_final,
        unexplained=report.unexplained,
        overlaps=dict(report.overlaps),
        duplicates=dict(report.duplicates),
        recovery_s=[round(one, 3) for one in report.recovery_s],
        back_s=[round(one, 3) for one in back_s],
        skipped=skipped,
        violations=list(map(str, report.violations)),
        problems=problems,
        seconds=round(time.monotonic() - begun_s, 1),
        folder=str(folder),
    )


def _setup(case: Case, command: str) -> Setup:
    return Setup(
        backend=case.backend,
        isolation=case.isolation,
        lease_s=case.lease_s,
        recovery_s=case.lease_s * 4 / 3 + POLL_S + SWEEP_S,
        seed=case.seed,
        command=command,
        versions=versions(),
    )
