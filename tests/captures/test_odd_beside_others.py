"""A system of a layout that nobody thought of is listed with a refusal, and hides no other system of its store."""

from __future__ import annotations

import pytest

from queuetui.backends.base import BackendOptions
from queuetui.backends.discover import discover, find_systems, open_backend
from queuetui.backends.foreign.oban import product as oban
from queuetui.backends.foreign.rq.product import Rq
from queuetui.model.errors import Unsupported
from queuetui.model.interruption import Interrupted
from queuetui.model.snapshot import Watch
from tests.backends.captures import FIXTURES, query_each, run_script
from tests.captures.stores import RedisStore

# By the kind, what its own code cannot make a statement of.
ODD = {
    "bullmq-pg": "alter table job alter column opts type text",
    "good-job": "alter table good_job_settings alter column value type text",
    "oban": "alter table oban_jobs alter column meta type text",
    "river": "alter table river_job alter column attempted_by type text",
}
_PLACE = "in backends/foreign/"


def test_tables_of_an_odd_layout_hide_no_other(postgres_url: str) -> None:
    """Each is listed with what happened, where, and what to do; the other system is counted and opened by the URL alone."""
    for kind in (*ODD, "solid-queue"):
        run_script(postgres_url, (FIXTURES / kind / "dump.postgres.sql").read_text(encoding="utf-8"))
    query_each(postgres_url, ODD.values())
    found = {one.kind: one for one in discover(postgres_url, BackendOptions())}
    assert found.keys() == {*ODD, "solid-queue"}
    for kind in ODD:
        assert _PLACE in found[kind].refusal
        assert "update queuetui, else report this line" in found[kind].detail
        with pytest.raises(Unsupported, match=_PLACE) as raised:
            find_systems(postgres_url, BackendOptions(kind=kind))
        assert raised.value.__cause__ is not None
    assert found["solid-queue"].jobs is not None
    backend = open_backend(postgres_url, BackendOptions())
    assert backend.inspector.capabilities.kind == "solid-queue"
    backend.close()


def test_one_set_of_tables_of_an_odd_layout_hides_no_other_set(postgres_url: str) -> None:
    """Of two schemas with tables of one product the one that can be read is opened by the URL alone."""
    script = (FIXTURES / "good-job" / "dump.postgres.sql").read_text(encoding="utf-8")
    run_script(postgres_url, script)
    query_each(postgres_url, [ODD["good-job"], "alter schema public rename to odd", "create schema public"])
    run_script(postgres_url, script)
    kinds = [(one.kind, bool(one.refusal)) for one in find_systems(postgres_url, BackendOptions())]
    assert kinds == [("good-job", False), ("good-job", True)]
    backend = open_backend(postgres_url, BackendOptions())
    assert backend.inspector.snapshot(Watch()).problems == {}
    backend.close()


def test_keys_at_which_the_program_fails_hide_no_other(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault while a product is recognised in Redis is listed too; its own words, which may quote a password, are not."""
    for folder in ("rq-3", "sidekiq-6"):
        RedisStore().load(FIXTURES / folder / "keys.jsonl", redis_url)

    def fail(*_: object) -> str:
        raise KeyError("a secret")

    with monkeypatch.context() as broken:
        broken.setattr(Rq, "recognise", fail)
        found = {one.kind: one for one in discover(redis_url, BackendOptions())}
        assert found.keys() == {"rq", "sidekiq"}
        assert "KeyError" in found["rq"].refusal
        assert "a secret" not in found["rq"].detail
        assert found["sidekiq"].jobs is not None
        backend = open_backend(redis_url, BackendOptions())
        assert backend.inspector.capabilities.kind == "sidekiq"
        backend.close()
    monkeypatch.setattr(Rq, "survey", fail)
    found = {one.kind: one for one in discover(redis_url, BackendOptions())}
    assert "not counted: a fault of the program (KeyError" in found["rq"].detail
    assert found["sidekiq"].jobs is not None


def test_a_look_that_is_cancelled_is_no_fault(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What its caller cancelled while tables are described ends the whole look, and is not told as a system that failed."""
    run_script(postgres_url, (FIXTURES / "oban" / "dump.postgres.sql").read_text(encoding="utf-8"))

    def cancel(*_: object) -> None:
        raise Interrupted

    monkeypatch.setattr(oban, "describe", cancel)
    with pytest.raises(Interrupted):
        find_systems(postgres_url, BackendOptions())
