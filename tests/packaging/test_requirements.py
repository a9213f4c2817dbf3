"""The pinned requirements: complete, hashed, without addresses, and in step with pyproject.toml."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture.source import ROOT

FILES = ("runtime.txt", "dev.txt")
PINNED_EXTRAS = ("api", "metrics", "otel")


def read_lines(name: str) -> list[str]:
    """The lines of a requirement file, continued ones joined, without comments."""
    joined = (ROOT / "requirements" / name).read_text(encoding="utf-8").replace("\\\n", " ")
    return [line for line in joined.splitlines() if line and not line.lstrip().startswith("#")]


def read_pins(name: str) -> dict[str, list[Requirement]]:
    """The pins of a requirement file by name; a name may be pinned apart for different platforms."""
    pins: dict[str, list[Requirement]] = {}
    for line in read_lines(name):
        pin = Requirement(line.split("--hash", 1)[0])
        pins.setdefault(canonicalize_name(pin.name), []).append(pin)
    return pins


def read_project() -> dict[str, Any]:
    """The parsed pyproject.toml."""
    return tomllib.loads(Path(ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def unmet(wanted: list[str], name: str) -> list[str]:
    """The wanted requirements that a file does not pin within their range."""
    pins = read_pins(name)
    missing = []
    for text in wanted:
        requirement = Requirement(text)
        versions = [next(iter(pin.specifier)).version for pin in pins.get(canonicalize_name(requirement.name), [])]
        if not versions or not all(requirement.specifier.contains(version) for version in versions):
            missing.append(text)
    return missing


@pytest.mark.parametrize("name", FILES)
def test_every_requirement_is_one_version_with_hashes(name: str) -> None:
    """Each line names exactly one version and at least one hash."""
    loose = [line[:60] for line in read_lines(name) if not re.match(r"[\w.\[\],-]+==[\w.]+ .*--hash=sha256:", line)]
    assert loose == []


@pytest.mark.parametrize("name", FILES)
def test_no_requirement_file_names_an_address(name: str) -> None:
    """The files hold no index and no address: whoever installs uses their own."""
    text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
    assert "://" not in text
    assert "index-url" not in text


def test_runtime_pins_meet_the_project() -> None:
    """Everything the package needs at run time is pinned within its range."""
    assert unmet(read_project()["project"]["dependencies"], "runtime.txt") == []


def test_development_pins_meet_the_project() -> None:
    """The development file pins the run time, the tools and the extras under test."""
    project = read_project()
    extras = project["project"]["optional-dependencies"]
    wanted = [
        *project["project"]["dependencies"],
        *project["dependency-groups"]["dev"],
        *(text for extra in PINNED_EXTRAS for text in extras[extra]),
    ]
    assert unmet(wanted, "dev.txt") == []


def test_the_build_backend_is_pinned() -> None:
    """The package is installed without build isolation, so its build backend is among the pins."""
    assert unmet(read_project()["build-system"]["requires"], "dev.txt") == []


def test_both_files_pin_the_same_versions() -> None:
    """Tests run on the versions that users get."""
    runtime, dev = read_pins("runtime.txt"), read_pins("dev.txt")
    differing = [
        name for name in runtime if [pin.specifier for pin in runtime[name]] != [pin.specifier for pin in dev[name]]
    ]
    assert differing == []


def test_no_package_known_to_crash_is_pinned() -> None:
    """The syntax extra of Textual brings a parser that ends the process; neither may come in."""
    assert [name for name in read_pins("dev.txt") if name.startswith("tree-sitter")] == []
