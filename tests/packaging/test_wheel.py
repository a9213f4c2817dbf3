"""The wheel holds everything the program reads."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from queuetui import __version__
from tests.architecture.source import PACKAGE, ROOT

SHIPPED_SUFFIXES = {".lua", ".py", ".sql", ".tcss", ".typed"}


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this tree, built without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds what an installer would lay out from the wheel."""
    folder = tmp_path_factory.mktemp("installed")
    with ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def run_python(installed: Path, *arguments: str) -> str:
    """Run Python on the installed package, away from the checkout, and return what it printed."""
    environment = {**os.environ, "PYTHONPATH": str(installed), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, *arguments]
    run = subprocess.run(command, cwd=installed, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return run.stdout


def test_the_wheel_ships_every_source_file(wheel: Path) -> None:
    """Every module, statement, script and style of the tree is in the wheel, at the place where it is read."""
    with ZipFile(wheel) as archive:
        shipped = set(archive.namelist())
    wanted = {path.relative_to(PACKAGE.parent) for path in PACKAGE.rglob("*") if path.suffix in SHIPPED_SUFFIXES}
    wanted |= {Path("queuetui") / path.relative_to(ROOT) for path in (ROOT / "styles").rglob("*.tcss")}
    assert {path.as_posix() for path in wanted} - shipped == set()


def test_the_wheel_ships_nothing_else(wheel: Path) -> None:
    """The wheel holds the package and its metadata, no tests and no caches."""
    with ZipFile(wheel) as archive:
        strangers = [name for name in archive.namelist() if not name.startswith(("queuetui/", "queuetui-"))]
        assert strangers == []
        assert [name for name in archive.namelist() if "__pycache__" in name] == []


def test_an_installed_package_finds_its_styles(installed: Path) -> None:
    """Away from the checkout the styles are read from the package itself."""
    found = run_python(installed, "-c", "from queuetui import resources; print(resources.path('styles'))")
    assert Path(found.strip()) == (installed / "queuetui" / "styles").resolve()


def test_the_wheel_has_the_version_of_the_package(wheel: Path) -> None:
    """The version is stated once, in the package."""
    assert wheel.name.startswith(f"queuetui-{__version__}-")


def test_an_installed_package_says_its_version(installed: Path) -> None:
    """`queuetui --version` works away from the checkout."""
    assert __version__ in run_python(installed, "-m", "queuetui", "--version")


def test_the_wheel_installs_the_program(wheel: Path) -> None:
    """The wheel names the function that `queuetui` on PATH starts."""
    with ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/entry_points.txt")]
        assert "queuetui = queuetui.cli.main:main" in archive.read(name).decode()
