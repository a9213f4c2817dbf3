"""The settings of a profile that backends read."""

from __future__ import annotations

import pytest

from queuetui.backends.base import BackendOptions
from queuetui.model.errors import BadConfig


def test_a_setting_that_is_a_duration_is_read_or_refused_by_name() -> None:
    """It is written as everywhere; what is no duration is refused with the setting's name and how to write one."""
    options = BackendOptions(settings={"x.span": "12h", "x.bad": "soon"})
    assert (options.read_span_s("x.span", 60), options.read_span_s("x.other", 60)) == (43_200, 60)
    with pytest.raises(BadConfig, match=r"x\.bad cannot be used: .*write it like"):
        options.read_span_s("x.bad", 60)
