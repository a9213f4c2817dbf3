"""The captures of a real Laravel application, on the suite that every foreign backend passes."""

from __future__ import annotations

from tests.backends.foreign_suite import ForeignInspectorSuite, ForeignOperatorSuite


class TestLaravelInspector(ForeignInspectorSuite):
    """Reading the captures."""


class TestLaravelOperator(ForeignOperatorSuite):
    """Acting on the captures."""
