"""What the documentation tells people to type works."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest
import rich_click as click

from queuetui.cli.main import program, run
from queuetui.config.loader import make_profile, read_profiles
from tests.architecture.source import ROOT
from tests.docs.pages import PROGRAM, Block, Command, blocks, pages, readable, runnable

PAGES = [page for page in pages() if runnable(page)]
WRITTEN = [command for page in pages() for command in readable(page)]
SETTINGS = [block for page in pages() for block in blocks(page) if block.kind == "toml"]
SCRIPTS = [block for page in pages() for block in blocks(page) if block.kind == "python"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_of_a_page_runs(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In a fresh home, the console blocks of a page run from top to bottom, each command ending with 0."""
    run(["migrate"])
    for command in runnable(page):
        capsys.readouterr()
        assert command.words[0] == PROGRAM, command
        code = run(list(command.words[1:]))
        said = capsys.readouterr()
        assert code == 0, (command, said.err)
        for line in command.expected:
            assert line.strip() in said.out + said.err, command


@pytest.mark.parametrize("command", WRITTEN, ids=lambda command: " ".join(command.words)[:60])
def test_every_command_line_is_one_the_program_takes(command: Command) -> None:
    """A command line that is shown and not run has a command, options and arguments that exist."""
    group: click.Command = program
    words = list(command.words[1:])
    while True:
        with group.make_context(PROGRAM, words, resilient_parsing=False) as context:
            words = [*context._protected_args, *context.args] if isinstance(group, click.Group) else []
            if not words:
                return
            assert isinstance(group, click.Group)
            found = group.get_command(context, words[0])
        assert found is not None, f"{command.place}: there is no command {words[0]!r}"
        group, words = found, words[1:]


@pytest.mark.parametrize("block", SETTINGS, ids=lambda block: block.place)
def test_every_settings_example_is_read(block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings that a page shows are settings that are taken."""
    monkeypatch.setenv("SHOP_DATABASE_URL", "sqlite:///shop.db")
    path = tmp_path / "config.toml"
    path.write_text(block.text, encoding="utf-8")
    tables, _ = read_profiles(path)
    assert tables
    for name, table in tables.items():
        make_profile(path, name, table)


@pytest.mark.parametrize("block", SCRIPTS, ids=lambda block: block.place)
def test_every_script_is_python_and_runs_where_it_can(block: Block, tmp_path: Path) -> None:
    """A script that needs no server of its own is run as it stands; any other is at least Python."""
    ast.parse(block.text)
    if "Queue()" not in block.text:
        return
    done = subprocess.run(
        [sys.executable, "-c", block.text],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
