"""What no file under version control may hold."""

from __future__ import annotations

import re

from tests.architecture.source import place, tracked_files

# Written in pieces, so that this file does not find itself.
MACHINE_PATHS = re.compile(rf"(?<![\w.])/(?:{'|'.join(['ro' + 'ot', 'wo' + 'rk', 'fa' + 'rm', 'tmp/w' + 't'])})/")
REGISTRY_HOSTS = re.compile(
    "|".join(["py" + r"pi\.org", "python" + r"hosted\.org", "npm" + r"js\.org", r"deb\.deb" + r"ian\.org"])
)
PACKAGES = (".whl", ".egg", ".tar.gz", ".tgz", ".zip")


def test_no_file_names_a_folder_of_one_machine() -> None:
    """No tracked file holds an absolute path of the machine it was written on."""
    assert _lines_with(MACHINE_PATHS) == []


def test_no_file_names_a_package_registry() -> None:
    """No tracked file holds the address of a package registry; installers know theirs."""
    assert _lines_with(REGISTRY_HOSTS) == []


def test_no_file_is_a_package() -> None:
    """A package that was downloaded for a trial is not put under version control."""
    assert [place(path) for path in tracked_files() if path.name.endswith(PACKAGES)] == []


def _lines_with(pattern: re.Pattern[str]) -> list[str]:
    found = []
    for path in tracked_files():
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            continue
        found += [f"{place(path)}:{number}" for number, line in enumerate(lines, start=1) if pattern.search(line)]
    return found
