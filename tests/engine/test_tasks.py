"""Which handler a job's type finds, and which it must not."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from queuetui.engine.allowed import AllowRule
from queuetui.engine.context import Context
from queuetui.engine.held import Run
from queuetui.engine.outcome import NoHandler
from queuetui.engine.tasks import Tasks, count_arguments
from queuetui.model.declaration import job
from queuetui.model.errors import BadConfig, Conflict, NotFound
from tests.engine.test_outcome import claimed

APP = """
    import os
    import subprocess
    from functools import partial
    from os import system
    from shutil import rmtree
    from json import dumps
    from queuetui import job

    def greet(payload):
        return f"hello {payload['name']}"

    class Greeter:
        def __init__(self):
            self.greeting = "good day"

        def handle(self, payload, context):
            return f"{self.greeting} {payload['name']} {context.attempt}"

    class Namespace:
        def inner(payload):
            return "inner"
        inner = staticmethod(inner)

    @job("app.declared", max_attempts=7)
    def declared(payload):
        return "declared"

    handlers = {"short": greet, "number": 3}
    shell = partial(os.system)
    not_a_handler = 3
    _hidden = greet
    NotAHandlerEither = Namespace
"""


@pytest.fixture
def app_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A working directory with an app, a package and a module that is broken."""
    (tmp_path / "small_app.py").write_text(dedent(APP))
    (tmp_path / "small_package").mkdir()
    (tmp_path / "small_package" / "__init__.py").write_text("")
    (tmp_path / "small_package" / "jobs.py").write_text("def run(payload):\n    return 'run'\n")
    (tmp_path / "broken_app.py").write_text("import a_module_that_is_not_there\n")
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if name.startswith(("small_", "broken_")):
            del sys.modules[name]


def call(tasks: Tasks, job_type: str, payload: Any) -> object:
    """Call the handler of a type as a worker would."""
    return tasks.find(job_type).call(payload, Run(claimed(), "worker").context)


def test_a_path_finds_a_function_or_a_class(app_folder: Path) -> None:
    """The exact path package.module:name finds what lives in the working directory."""
    tasks = Tasks(rule=AllowRule((), app_folder))
    assert call(tasks, "small_app:greet", {"name": "Ann"}) == "hello Ann"
    assert call(tasks, "small_app:Greeter", {"name": "Ann"}) == "good day Ann 1"
    assert call(tasks, "small_package.jobs:run", {}) == "run"


@pytest.mark.parametrize(
    "job_type",
    [
        "os:system",
        "posix:system",
        "subprocess:run",
        "shutil:rmtree",
        "builtins:exec",
        "pytest:main",
        "json:dumps",
        "small_app:system",
        "small_app:rmtree",
        "small_app:shell",
        "small_app:subprocess",
        "small_app:os.system",
        "small_app:_hidden",
        "small_app:not_a_handler",
        "small_app:NotAHandlerEither",
        "small_app:__import__",
        "small_app:__builtins__",
        "small_app.os:system",
        "small_package.os:system",
        "..small_app:greet",
        "small_app/../small_app:greet",
        ":greet",
        "small_app:",
        "no_such_module:run",
        "no_such_type",
        "greet",
        "",
        "eval",
    ],
)
def test_whoever_writes_a_row_cannot_choose_what_runs(app_folder: Path, job_type: str) -> None:
    """The standard library, installed packages and what a module merely imported are refused, by a message that names the type."""
    with pytest.raises(NoHandler, match="no handler for job type") as refused:
        Tasks(rule=AllowRule((), app_folder)).find(job_type)
    assert repr(job_type) in str(refused.value)


def test_an_installed_package_needs_a_prefix(app_folder: Path) -> None:
    """A folder called site-packages is never one's own, even below the working directory; --allow names what is wanted from it."""
    installed = app_folder / "site-packages"
    installed.mkdir()
    (installed / "small_installed.py").write_text("def run(payload):\n    return 'installed'\n")
    sys.path.insert(0, str(installed))
    try:
        with pytest.raises(NoHandler):
            Tasks(rule=AllowRule((), installed)).find("small_installed:run")
        allowed = Tasks(rule=AllowRule(("small_installed",), app_folder))
        assert call(allowed, "small_installed:run", {}) == "installed"
    finally:
        sys.path.remove(str(installed))


def test_prefixes_take_the_place_of_the_default(app_folder: Path) -> None:
    """With --allow only modules under a prefix run, and a prefix is a whole name."""
    tasks = Tasks(rule=AllowRule(("small_package",), app_folder))
    assert call(tasks, "small_package.jobs:run", {}) == "run"
    with pytest.raises(NoHandler, match="small_package"):
        tasks.find("small_app:greet")
    with pytest.raises(NoHandler):
        Tasks(rule=AllowRule(("small",), app_folder)).find("small_package.jobs:run")


def test_a_bare_name_is_looked_up_in_the_app(app_folder: Path) -> None:
    """With --app a type is a name of the app: a function, a class, or a key of a mapping."""
    rule = AllowRule((), app_folder)
    assert call(Tasks("small_app", rule), "greet", {"name": "Bo"}) == "hello Bo"
    assert call(Tasks("small_app", rule), "Greeter", {"name": "Bo"}) == "good day Bo 1"
    assert call(Tasks("small_app:Namespace", rule), "inner", {}) == "inner"
    assert call(Tasks("small_app:handlers", rule), "short", {"name": "Bo"}) == "hello Bo"


@pytest.mark.parametrize("job_type", ["system", "rmtree", "os", "shell", "_hidden", "not_a_handler", "dumps"])
def test_a_bare_name_must_be_the_apps_own(app_folder: Path, job_type: str) -> None:
    """What the app imported is no handler, nor what it hides."""
    with pytest.raises(NoHandler):
        Tasks("small_app", AllowRule((), app_folder)).find(job_type)


def test_a_declared_type_is_found_with_its_rules(app_folder: Path) -> None:
    """Importing the app makes its declarations known, under the type and under the path."""
    tasks = Tasks("small_app", AllowRule((), app_folder))
    assert call(tasks, "app.declared", {}) == "declared"
    assert tasks.find("small_app:declared").type == "app.declared"


def test_a_module_that_cannot_be_imported_is_an_ordinary_failure(app_folder: Path) -> None:
    """A broken deployment may be mended: its jobs are tried again, unlike those of a module that is not there."""
    with pytest.raises(ModuleNotFoundError, match="a_module_that_is_not_there"):
        Tasks(rule=AllowRule((), app_folder)).find("broken_app:run")


@pytest.mark.parametrize(
    ("app", "said"),
    [
        ("no_such_app", "no module 'no_such_app'"),
        ("small_app:nothing", "has no 'nothing'"),
        ("../small_app", "is no module"),
    ],
)
def test_an_app_that_is_not_there_is_named(app_folder: Path, app: str, said: str) -> None:
    """A wrong --app is told before anything is claimed."""
    with pytest.raises(NotFound, match=said):
        Tasks(app)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("raise SystemExit(3)", r"SystemExit: 3 \(.*odd_app.py, line 1\)"),
        ("import no_such_module", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("def (", "SyntaxError"),
        (
            "from queuetui import job\n@job('test_tasks.yields')\ndef gen(payload):\n    yield",
            "a generator function.*line 2",
        ),
    ],
)
def test_an_app_that_does_not_load_is_told_with_its_line(app_folder: Path, text: str, said: str) -> None:
    """Whatever a module raises when it is imported is a mistake of the application, not a fault of the program."""
    (app_folder / "odd_app.py").write_text(text)
    sys.modules.pop("odd_app", None)
    importlib.invalidate_caches()
    with pytest.raises(BadConfig, match=f"'odd_app' does not load: .*{said}"):
        Tasks("odd_app")


def test_a_type_has_one_handler() -> None:
    """Two handlers for one type are refused where the second is declared."""

    @job("test_tasks.twice")
    def first(payload: object) -> None:
        """The first."""

    with pytest.raises(Conflict, match=r"test_tasks\.twice"):

        @job("test_tasks.twice")
        def second(payload: object) -> None:
            """The second."""


def test_a_bare_decorator_uses_the_name() -> None:
    """`@job` without a type declares the function's own name and leaves the function as it is."""

    @job
    def counted_sheep(payload: int) -> int:
        """Count."""
        return payload + 1

    assert counted_sheep(1) == 2
    assert call(Tasks(), "counted_sheep", 1) == 2


def test_a_handler_gets_a_context_when_it_asks_for_one() -> None:
    """A second argument gets the context, unless it has a default and another name."""

    def none() -> None: ...
    def payload_only(payload: object) -> None: ...
    def both(payload: object, anything: Context) -> None: ...
    def named(payload: object, context: Context | None = None) -> None: ...
    def other(payload: object, verbose: bool = False) -> None: ...
    def gathered(*arguments: object) -> None: ...

    handlers = (none, payload_only, both, named, other, gathered)
    assert [count_arguments(handler) for handler in handlers] == [0, 1, 2, 2, 1, 1]


@pytest.mark.parametrize("limit", ["timeout", "hard_timeout"])
def test_a_limit_in_which_no_run_can_end_is_not_declared(limit: str) -> None:
    """A time limit of 0 would fail every run of the type."""
    with pytest.raises(ValueError, match="no run can end"):
        job("tasks.no-time", **{limit: 0})  # type: ignore[call-overload]  # what is refused may not be typed


def test_a_worker_tells_the_types_that_it_knows(app_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Declared types, the app's own names and what its rule lets through; nothing where they are too many to tell."""
    tasks = Tasks("small_app", AllowRule(("shop",), app_folder))
    assert {"app.declared", "greet", "Greeter", "shop:*", "shop.*:*"} <= set(tasks.types())
    assert not {"system", "rmtree", "dumps", "not_a_handler", "_hidden", "job"} & set(tasks.types())
    assert "*:*" in Tasks("small_app:handlers", AllowRule((), app_folder)).types()
    assert "short" in Tasks("small_app:handlers", AllowRule((), app_folder)).types()
    monkeypatch.setattr("queuetui.engine.tasks.MOST_TOLD", 2)
    assert tasks.types() == ()
