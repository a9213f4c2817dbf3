"""What a test with a product's real worker needs to know of the product."""

from __future__ import annotations

import shutil
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from packaging.requirements import Requirement

PROGRAMS = Path(__file__).parent / "programs"
_INSTALL_S = 600
_NEWEST = 20


class Missing(Exception):
    """The product cannot be had on this machine; the test is skipped with this reason."""


class LiveProduct(ABC):
    """A product in one version.

    `kind` is ours, `server` the fixture of the server its jobs are on, `stuck_after_s` when a run is stuck that was killed.
    `loses_runs`: the product itself loses the job of a worker that is killed, and no verb of ours brings it back,
    `loses_failures` what a failed job needs to run again.
    `shows_runs`: a job that was taken is still in the store. `lands`: it is installed with the development requirements, and run with the
    tests that a clock judges.
    """

    kind: str
    server: str
    stuck_after_s: float = 3_000
    loses_runs: bool = False
    loses_failures: bool = False
    shows_runs: bool = True
    lands: bool = False

    @property
    @abstractmethod
    def name(self) -> str:
        """The product's name with its version."""

    @abstractmethod
    def install(self, room: Path) -> None:
        """Install the product into a folder of the test's own. Raises Missing."""

    def address(self, room: Path, url: str) -> str:
        """Return the URL by which the jobs are looked at, where a second store lies beside the server's database."""
        return url

    @abstractmethod
    def enqueue(self, room: Path, url: str, work: Path) -> None:
        """Enqueue a job whose type ends in `fail` and one whose type ends in `slow`, in any case, with the folder of their files."""

    @abstractmethod
    def worker(self, room: Path, url: str) -> Sequence[str | Path]:
        """Return the command that runs the product's worker."""

    def is_given_up(self, url: str) -> bool:
        """Tell whether the server has let go of the run of a killed worker, where no clock that a test sets tells of it."""
        return True


def run(command: Sequence[str | Path], folder: Path) -> str:
    """Run a command to its end and return what it printed. Raises Missing where it fails."""
    done = subprocess.run(
        list(map(str, command)), cwd=folder, capture_output=True, text=True, check=False, timeout=_INSTALL_S
    )
    if done.returncode:
        raise Missing(f"{' '.join(map(str, command[:3]))} failed: {(done.stderr or done.stdout)[-500:]}")
    return done.stdout


def make_python_room(room: Path, *packages: str, minor: int = 0) -> Path:
    """Return the programs of an environment with packages below `venv`: this one where it has them all, else one that is made.

    `minor` is the least Python 3 that they need. Raises Missing.
    """
    programs = room / "venv" / "bin"
    if all(map(_is_installed, map(Requirement, packages))):
        programs.parent.symlink_to(sys.prefix)
        return programs
    run([_find_python(minor), "-m", "venv", room / "venv"], room)
    run([programs / "pip", "install", "--quiet", *packages], room)
    return programs


def make_node_room(room: Path, *packages: str) -> None:
    """Install packages of npm into a folder. Raises Missing."""
    if shutil.which("npm") is None:
        raise Missing("npm is not installed (Debian: apt-get install npm)")
    run(["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", room, *packages], room)


def _find_python(minor: int) -> str:
    """Return a Python that is new enough: this one, one on the path, or one that stands beside this one's installation."""
    if sys.version_info >= (3, minor):
        return sys.executable
    named = [found for one in range(minor, _NEWEST) if (found := shutil.which(f"python3.{one}"))]
    beside = [
        str(one) for n in range(minor, _NEWEST) for one in Path(sys.base_prefix).parent.glob(f"*3.{n}*/bin/python3")
    ]
    for python in (*named, *beside):
        done = subprocess.run([python, "-c", "import venv"], capture_output=True, check=False)
        if not done.returncode:
            return python
    raise Missing(f"it needs Python 3.{minor} or newer, and there is none (Debian: apt-get install python3-venv)")


def _is_installed(wanted: Requirement) -> bool:
    try:
        return wanted.specifier.contains(version(wanted.name))
    except PackageNotFoundError:
        return False
