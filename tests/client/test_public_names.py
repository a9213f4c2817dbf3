"""What `import queuetui` gives, and what it costs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import queuetui

HEAVY = ("sqlalchemy", "psycopg", "textual", "click", "psutil")


@pytest.mark.parametrize("name", queuetui.__all__)
def test_every_public_name_is_there(name: str) -> None:
    """Each name that the package promises can be had from it."""
    assert getattr(queuetui, name) is not None


def test_an_unknown_name_is_an_attribute_error() -> None:
    """A wrong name is told as Python tells it."""
    with pytest.raises(AttributeError, match="no_such_name"):
        queuetui.no_such_name  # noqa: B018 - the look-up is the point


def test_importing_a_handlers_names_loads_no_driver() -> None:
    """A module of handlers costs neither SQLAlchemy, nor a driver, nor a screen."""
    code = "import sys; from queuetui import job, Retry, Snooze, Context; print([name for name in %r if name in sys.modules])"
    source = Path(queuetui.__file__).parents[1]
    run = subprocess.run(
        [sys.executable, "-c", code % (HEAVY,)], cwd=source, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "[]"
