"""What the documentation tells people to type works."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import rich_click as click
from click.exceptions import Exit

from queuetui.cli.main import program, run
from queuetui.config.loader import make_profile, read_profiles
from queuetui.tui.actions import ACTIONS
from tests.architecture.source import ROOT
from tests.docs.pages import PROGRAM, SPAN, Block, Command, blocks, options, pages, readable, runnable

PAGES = [page for page in pages() if runnable(page)]
# Those of other programs, as benchmarks, and the one that every command has.
OTHER_OPTIONS = {"--aged", "--backend", "--help", "--hypothesis-profile", "--minutes", "--resume"}
WRITTEN = [page for page in pages() if readable(page) or options(page)]
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


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: page.name)
def test_every_command_line_is_one_the_program_takes(page: Path) -> None:
    """A command line that a page shows has a command, options and arguments that exist; so has an option named alone."""
    assert [said for said in map(_refusal, readable(page)) if said] == []
    assert options(page) - set(_options_of(program)) - OTHER_OPTIONS == set()


def test_an_act_on_an_attached_queue_says_that_it_may() -> None:
    """A command that changes a job of another product is written with the option without which it is refused."""
    acts = {"retry", "cancel", "delete", "release", "pause", "resume"}
    systems = [page for page in WRITTEN if page.parent.name == "systems"]
    written = [one for page in systems for one in readable(page) if one.words[1] in acts and "--url" in one.words]
    assert len(written) > 10
    assert [one for one in written if "--operate" not in one.words] == []


def test_every_command_has_a_row_on_its_page() -> None:
    """The table of the page on the command line names each command."""
    page = (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")
    rows = page.partition("| command | does |")[2].partition("\n\n")[0].splitlines()[2:]
    named = {span.split()[0] for row in rows for span in SPAN.findall(row.split(" | ")[0])}
    with click.Context(program) as context:
        assert isinstance(program, click.Group)
        assert set(program.list_commands(context)) - named == set()


def test_every_key_of_the_readme_is_one_of_the_console() -> None:
    """Each key in the table of keys is that of an action."""
    _, _, table = (ROOT / "README.md").read_text(encoding="utf-8").partition("| key | does |")
    named = {key for row in table.partition("\n\n")[0].splitlines()[1:] for key in SPAN.findall(row.split("|")[1])}
    written = {"/": "slash", "?": "question_mark"}
    assert len(named) > 20
    assert {written.get(key, key) for key in named} <= {key for action in ACTIONS for key in action.keys.split(",")}


def _refusal(command: Command) -> str | None:
    """Return why the program would not take a command line, None where it would."""
    group: click.Command = program
    words = list(command.words[1:])
    while words:
        try:
            with group.make_context(PROGRAM, words, resilient_parsing=False) as context:
                words = [*context._protected_args, *context.args] if isinstance(group, click.Group) else []
                found = group.get_command(context, words[0]) if words and isinstance(group, click.Group) else None
        except Exit:
            return None
        except click.ClickException as error:
            return f"{command.place}: {' '.join(command.words)}: {error.message}"
        if words and found is None:
            return f"{command.place}: there is no command {words[0]!r}"
        if found is not None:
            group, words = found, words[1:]
    return None


def _options_of(command: click.Command) -> Iterator[str]:
    for parameter in command.params:
        yield from (*parameter.opts, *parameter.secondary_opts)
    if isinstance(command, click.Group):
        with click.Context(command) as context:
            for name in command.list_commands(context):
                found = command.get_command(context, name)
                assert found is not None
                yield from _options_of(found)


@pytest.mark.parametrize("block", SETTINGS, ids=lambda block: block.place)
def test_every_settings_example_is_read(block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings that a page shows are settings that are taken."""
    monkeypatch.setenv("SHOP_DATABASE_URL", "sqlite:///shop.db")
    path = tmp_path / "config.toml"
    head = "" if "\n[profiles.shop]\n" in f"\n{block.text}" else '[profiles.shop]\nurl_env = "SHOP_DATABASE_URL"\n'
    path.write_text(head + block.text, encoding="utf-8")
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
