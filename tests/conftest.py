"""What every test folder sees: real servers and fresh databases on them."""

from __future__ import annotations

pytest_plugins = ["tests.servers.fixtures"]
