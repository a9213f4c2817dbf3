"""An environment of its own for each peer, kept outside the checkout and made when it is first needed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import queuetui

PROGRAMS = Path(__file__).with_name("programs").resolve()
INSTALL_LIMIT_S = 300
REASON_CHARS = 200
_RUN_PROGRAM = ("{python}", "{programs}/run_program.py")


class NotRun(Exception):
    """Something cannot be measured here; the text says why."""


@dataclass(frozen=True)
class Environment:
    """What runs a peer's programs: `packages` are pinned, for pip or, with `is_node`, for npm; none for our own."""

    name: str
    packages: tuple[str, ...] = ()
    is_node: bool = False

    @property
    def folder(self) -> Path:
        """Where it is installed."""
        cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        return Path(cache) / "queuetui-bench" / self.name

    @property
    def working_folder(self) -> Path:
        """Where its programs are started: Node finds packages from there, the Python tools find the programs."""
        return self.folder if self.is_node else PROGRAMS

    def program(self, name: str) -> list[str]:
        """Return the command that runs a program of ours in it."""
        return self.fill(("{python}", f"{{programs}}/{name}.mjs") if self.is_node else (*_RUN_PROGRAM, name))

    def fill(self, command: Sequence[str], **places: str) -> list[str]:
        """Return a command with its places filled in: python, bin, programs and those given."""
        own = self.folder / "bin"
        python = "node" if self.is_node else str(own / "python") if self.packages else sys.executable
        return [part.format(python=python, bin=own, programs=PROGRAMS, **places) for part in command]

    def variables(self) -> dict[str, str]:
        """Return the environment variables of its programs."""
        paths, given = [str(PROGRAMS)], dict(os.environ)
        if not self.packages:
            paths.append(str(Path(queuetui.__file__).resolve().parents[1]))
            # An installer compiles what it installs, and compiling costs a program memory that it keeps.
            given.pop("PYTHONDONTWRITEBYTECODE", None)
            given["PYTHONPYCACHEPREFIX"] = str(self.folder / "bytecode")
        return {**given, "PYTHONPATH": os.pathsep.join(paths)}

    def install(self) -> None:
        """Make it unless it is there already. Raises NotRun saying why it cannot be made."""
        ready = self.folder / ".ready"
        wanted = "\n".join(self.packages)
        if not self.packages or (ready.is_file() and ready.read_text() == wanted):
            return
        print(f"installing {' '.join(self.packages)}", file=sys.stderr)
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        for command in self._install_commands():
            _run(command, self.folder)
        ready.write_text(wanted)

    def _install_commands(self) -> list[list[str]]:
        if self.is_node:
            return [["npm", "install", "--no-audit", "--no-fund", "--save-exact", *self.packages]]
        pip = [str(self.folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        return [[sys.executable, "-m", "venv", str(self.folder)], [*pip, *self.packages]]


def _run(command: list[str], folder: Path) -> None:
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=INSTALL_LIMIT_S)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotRun(f"{command[0]} could not be run: {error}") from error
    if done.returncode != 0:
        raise NotRun(f"it could not be installed: {last_words(done.stderr or done.stdout)}")


def last_words(said: str) -> str:
    """Return the last line that a program said."""
    return (said.strip().splitlines() or ["it said nothing"])[-1][:REASON_CHARS]
