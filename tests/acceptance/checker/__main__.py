"""`python -m tests.acceptance.checker FOLDER`: prints the table and exits 1 if a promise was broken."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.acceptance.checker import check, load

if __name__ == "__main__":
    report = check(load(Path(sys.argv[1])))
    print(report.table())  # noqa: T201 - a report is read by people
    sys.exit(bool(report.violations))
