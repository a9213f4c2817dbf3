"""Debian's packages: those that the machine lacks are unpacked into a folder of the test's own."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

from tests.live.product import Missing, run

_NEW_PACKAGE = re.compile(r"^Inst (\S+) \((\S+)", re.MULTILINE)
_PLAN = ("apt-get", "--simulate", "--no-install-recommends", "install")


def unpack_packages(room: Path, *packages: str) -> None:
    """Unpack the packages, and what they need beyond what is installed, below `debian`. Raises Missing."""
    if shutil.which("apt-get") is None:
        raise Missing(f"there is no apt-get, which has {' '.join(packages)}")
    if _is_installed(room, packages):
        return
    own = _read_lists(room)
    wanted = _NEW_PACKAGE.findall(run([*_PLAN, *own, *packages], room))
    run(["apt-get", *own, "download", *(f"{name}={version}" for name, version in wanted)], room)
    for package in room.glob("*.deb"):
        run(["dpkg", "--extract", package, find_root(room)], room)


def find_root(room: Path) -> Path:
    """Return the folder that stands for `/` in what was unpacked."""
    return room / "debian"


def list_environment(room: Path, **folders: str) -> list[str]:
    """Return the settings of `env` that programs need to find what was unpacked beside what is installed.

    `folders` names for each variable the folders below the root, as patterns with colons between them.
    """
    unpacked = {"PATH": "usr/bin", "LD_LIBRARY_PATH": "usr/lib/*-linux-*"} | folders
    found = {name: _find_folders(room, patterns) for name, patterns in unpacked.items()}
    # The last colon has Ruby add its own folders to GEM_PATH; the other variables ignore it.
    return [f"{name}={':'.join(paths)}:{os.environ.get(name, '')}" for name, paths in found.items() if paths]


def _find_folders(room: Path, patterns: str) -> list[str]:
    return [str(one) for pattern in patterns.split(":") for one in sorted(find_root(room).glob(pattern))]


def _is_installed(room: Path, packages: tuple[str, ...]) -> bool:
    try:
        return not _NEW_PACKAGE.search(run([*_PLAN, *packages], room))
    except Missing:
        # No list of packages on this machine tells of them.
        return False


def _read_lists(room: Path) -> tuple[str, ...]:
    """Read the lists of packages anew into the room, as those of the machine may be old or absent; return the options that name them."""
    lists, cache = room / "lists", room / "cache"
    for folder in (lists / "partial", cache / "archives" / "partial"):
        folder.mkdir(parents=True)
    own = ("-o", f"Dir::State::Lists={lists}", "-o", f"Dir::Cache={cache}")
    run(["apt-get", *own, "update"], room)
    return own
