"""`python -m tests.acceptance.campaign --tier a|b|c`: plays every case of a tier, prints a line for each, and exits 1 if one failed."""

from __future__ import annotations

import argparse
import shlex
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.acceptance.campaign.cases import CLASSES, ISOLATIONS, TIERS, Case, list_cases
from tests.acceptance.campaign.judging import play_case
from tests.acceptance.campaign.report import write_report
from tests.acceptance.campaign.results import Result, Results
from tests.acceptance.campaign.stage import BACKENDS, BESIDES, Servers

ALL = "all"


def read_arguments(words: Sequence[str]) -> argparse.Namespace:
    """Return what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m tests.acceptance.campaign", description=__doc__)
    parser.add_argument("--tier", choices=sorted(TIERS), default="a")
    parser.add_argument("--backend", choices=(*BACKENDS, *BESIDES, ALL), default=ALL)
    parser.add_argument("--class", dest="fault_class", choices=(*CLASSES, ALL), default=ALL)
    parser.add_argument("--isolation", choices=(*ISOLATIONS, ALL), default=ALL)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, help="where histories go; without it those of failed cases alone are kept")
    parser.add_argument("--resume", type=Path, metavar="FOLDER", help="go on with what an earlier run left there")
    parser.add_argument("--minutes", type=float, help="begin no further case after so long; --resume goes on")
    parser.add_argument("--report", type=Path, metavar="FILE", help="write a report in Markdown")
    return parser.parse_args(words)


def main(words: Sequence[str]) -> int:
    """Play the cases that are wanted and not done yet."""
    given = read_arguments(words)
    folder: Path = given.resume or given.out or Path(tempfile.mkdtemp(prefix="campaign-"))
    folder.mkdir(parents=True, exist_ok=True)
    results, servers, begun_s = Results(folder), Servers(), time.monotonic()
    done = {(one.name, one.seed) for one in results.all() if not one.failed}
    say(f"tier {given.tier}, seed {given.seed}, histories in {folder}")
    try:
        for case in list_cases(TIERS[given.tier], given.seed):
            if not is_wanted(case, given) or (case.name, case.seed) in done:
                continue
            if given.minutes is not None and time.monotonic() - begun_s > given.minutes * 60:
                say(f"the time is over; go on with: {command_of(given)} --resume {folder}")
                break
            result = play_case(case, servers, folder / f"{case.name}-{case.seed}", command_for(case, given))
            results.add(result)
            tell(result, keep=given.out is not None)
    finally:
        servers.close()
    if given.report is not None:
        write_report(given.report, results.all(), command_of(given))
    return summarise(results.all(), folder)


def is_wanted(case: Case, given: argparse.Namespace) -> bool:
    """Tell whether the command line asks for a case."""
    asked = ((given.fault_class, case.fault_class), (given.backend, case.backend), (given.isolation, case.isolation))
    if given.backend == ALL and case.backend in BESIDES:
        return False
    return all(wanted in {ALL, found} for wanted, found in asked)


def command_of(given: argparse.Namespace) -> str:
    """Return the command that plays these cases again."""
    words = ["python", "-m", "tests.acceptance.campaign", "--tier", given.tier, "--seed", str(given.seed)]
    for option, value in (
        ("--backend", given.backend),
        ("--class", given.fault_class),
        ("--isolation", given.isolation),
    ):
        words += [option, value] if value != ALL else []
    return shlex.join(words)


def command_for(case: Case, given: argparse.Namespace) -> str:
    """Return the command that plays one case again."""
    one = argparse.Namespace(
        **{**vars(given), "backend": case.backend, "fault_class": case.fault_class, "isolation": case.isolation}
    )
    return command_of(one)


def tell(result: Result, *, keep: bool) -> None:
    """Say what came of a case; the folder of one that failed is kept."""
    say(result.line)
    for name, why in sorted(result.skipped.items()):
        say(f"  skipped {name}: {why}")
    for wrong in (*result.violations[:20], *result.problems):
        say(f"  {wrong}")
    if result.failed:
        say(f"  its histories: {result.folder}")
        say(f"  again: {result.command}")
    elif not keep:
        shutil.rmtree(result.folder, ignore_errors=True)


def summarise(results: Sequence[Result], folder: Path) -> int:
    """Say how it went and return the exit code."""
    failed = [one.name for one in results if one.failed]
    say(f"{len(results)} cases, {len(failed)} failed{': ' + ', '.join(failed) if failed else ''}; results in {folder}")
    return bool(failed)


def say(text: str) -> None:
    """Print at once, also into a file."""
    print(text, flush=True)  # noqa: T201 - a campaign is read by people


if __name__ == "__main__":
    # Ended from outside it still ends what it started.
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    sys.exit(main(sys.argv[1:]))
