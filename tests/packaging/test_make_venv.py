"""The first minute on a machine that lacks something."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.architecture.source import ROOT

TOOLS = ("bash", "cat", "env", "id", "mktemp", "rm")


@pytest.fixture
def bare_machine(tmp_path: Path) -> Path:
    """A folder of programs that has the basic tools and no Python."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found is not None
        (programs / tool).symlink_to(found)
    return programs


def make_venv(programs: Path, venv: Path) -> str:
    """Run the script where only these programs are found, and return the one line it ends with."""
    environment = {"PATH": str(programs)}
    command = [str(programs / "bash"), str(ROOT / "scripts" / "make-venv"), str(venv)]
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert run.stdout == ""
    assert not venv.exists()
    (line,) = run.stderr.splitlines()
    return line


def test_a_machine_without_python_is_told_what_to_install(bare_machine: Path, tmp_path: Path) -> None:
    """Without any Python that is new enough, one line says so and how to name one."""
    assert make_venv(bare_machine, tmp_path / "venv").startswith("queuetui: needs Python 3.11 or newer, and found none")


def test_an_old_python_is_not_taken(bare_machine: Path, tmp_path: Path) -> None:
    """A Python that is too old counts as none."""
    add_python(bare_machine, 'case "$2" in *version_info*) exit 1;; esac')
    assert "needs Python 3.11 or newer" in make_venv(bare_machine, tmp_path / "venv")


def test_a_python_without_venv_is_told_which_package_to_install(bare_machine: Path, tmp_path: Path) -> None:
    """Debian's Python without its venv package gets that package's name in one line."""
    add_python(bare_machine, 'case "$2" in *ensurepip*) exit 1;; *%d.%d*) echo 3.11;; esac')
    line = make_venv(bare_machine, tmp_path / "venv")
    assert line.endswith("install its package first: apt-get install python3.11-venv")


def add_python(programs: Path, body: str) -> None:
    """Put a stand-in for Python among the programs."""
    python = programs / "python3"
    python.write_text(f"#!/usr/bin/env bash\n{body}\n", encoding="utf-8")
    python.chmod(0o755)
