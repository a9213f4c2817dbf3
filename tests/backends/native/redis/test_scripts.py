"""The Lua files: each says what it takes and gives, and none looks into a payload."""

from __future__ import annotations

import re

import pytest
import redis

from queuetui import resources
from queuetui.backends.native.redis.scripts import load_script

FOLDER = resources.path("backends", "native", "redis", "scripts")
OPERATIONS = sorted(path.stem for path in FOLDER.glob("*.lua"))
RULES = (FOLDER / "parts" / "rules.lua").read_text(encoding="utf-8")
UNBOUNDED = re.compile(r"'(KEYS|SCAN|[SHZ]SCAN|SORT|FLUSH\w*|RANDOMKEY)'")
NEWER_THAN_6_2 = re.compile(r"'(ZMPOP|LMPOP|SINTERCARD|EXPIRETIME|HEXPIRE\w*|FCALL\w*|EVAL\w*_RO)'")


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_script_says_what_it_takes_and_gives(name: str) -> None:
    """The header of every operation lists its keys, arguments and results."""
    header = re.match(r"(--.*\n)+", (FOLDER / f"{name}.lua").read_text(encoding="utf-8"))
    assert header is not None
    assert all(f"-- {word}" in header.group() for word in ("keys:", "args:", "result:"))


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_script_keeps_to_what_every_server_has(name: str) -> None:
    """No script walks the keyspace, decodes anything but rules and tags, or uses a command that Redis 6.2 lacks."""
    source = load_script(name).source
    assert not UNBOUNDED.search(source)
    assert not NEWER_THAN_6_2.search(source)
    assert "cjson" not in source.replace(RULES, "") or name == "rules_in_use"
    assert "-- include" not in source


def test_every_script_is_known_by_its_digest(redis_url: str) -> None:
    """A server gives each script the digest that we call it by."""
    with redis.Redis.from_url(redis_url) as client:
        assert [client.script_load(load_script(name).source) for name in OPERATIONS] == [
            load_script(name).sha for name in OPERATIONS
        ]
