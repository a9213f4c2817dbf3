"""The captures of a real Laravel application, on the suite that every foreign backend passes."""

from __future__ import annotations

import pytest

from tests.backends.captures import Capture
from tests.backends.foreign_suite import ForeignInspectorSuite, ForeignOperatorSuite


class TestLaravelInspector(ForeignInspectorSuite):
    """Reading the captures."""

    @pytest.fixture
    def capture(self, read_capture: Capture) -> Capture:
        """The capture that is loaded once."""
        return read_capture


class TestLaravelOperator(ForeignOperatorSuite):
    """Acting on the captures."""
