"""The loader of named statements."""

from __future__ import annotations

import pytest

from queuetui.backends.native.sql.blocks import MYSQL_NOW, bind_by_percent, bind_for_mysql, load_blocks, split_blocks
from queuetui.model.errors import QueueTuiError


def test_a_file_is_split_by_its_block_lines() -> None:
    """Each block has its name; comments and the last semicolon are no part of it."""
    text = "-- about the file\n-- block one\n-- why\nselect 1\n  -- within\nfrom t;\n\n-- block two\nselect 2;\n"
    assert split_blocks(text) == {"one": "select 1\nfrom t", "two": "select 2"}


def test_a_name_stands_once_in_a_file() -> None:
    """Two blocks of one name are refused, or one would silently win."""
    with pytest.raises(QueueTuiError, match="twice"):
        split_blocks("-- block one\nselect 1;\n-- block one\nselect 2;\n")


def test_values_are_bound_the_way_of_psycopg() -> None:
    """A bound word becomes psycopg's; a cast and a percent sign stay what they are."""
    assert bind_by_percent("select :a::text, 5 % :b") == "select %(a)s::text, 5 %% %(b)s"


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql", "mysql"])
def test_every_file_of_a_dialect_loads(dialect: str) -> None:
    """All shipped blocks have names of their own, and none is empty."""
    blocks = load_blocks(dialect)
    assert "hold_lease" in blocks
    assert all(blocks.values())


def test_both_dialects_say_the_same_things() -> None:
    """A block that one dialect has and the other lacks is one of the few that do in a loop what the other does at once."""
    apart = set(load_blocks("sqlite")) ^ set(load_blocks("postgresql"))
    assert {name for name in apart if name in load_blocks("postgresql")} <= ONLY_POSTGRESQL
    assert {name for name in apart if name in load_blocks("sqlite")} <= ONLY_SQLITE


def test_mysql_says_the_same_things() -> None:
    """A block that MySQL lacks, or alone has, is one of the few that it does in another number of statements."""
    apart = set(load_blocks("sqlite")) ^ set(load_blocks("mysql"))
    assert {name for name in apart if name in load_blocks("mysql")} <= ONLY_MYSQL
    assert {name for name in apart if name in load_blocks("sqlite")} <= ONLY_SQLITE | {
        "queues_pending",
        "snapshot_queues",
    }


def test_the_clock_of_mysql_is_written_out() -> None:
    """The server's time stands in the statement itself; words that only begin like it are bound as ever."""
    assert bind_for_mysql("select :now - :nowhere") == f"select {MYSQL_NOW} - %(nowhere)s"


ONLY_MYSQL = {
    *("read_client", "find_known", "find_ended", "append_blob"),
    *("lock_runs", "given_run", "finish_runs", "drop_runs", "expire_run_keys", "is_shut", "claim_jobs"),
    *("choose_due", "next_queue", "read_durability", "snapshot_next_live", "snapshot_next_done"),
}
ONLY_POSTGRESQL = {
    "insert_jobs",
    "finish_and_claim",
    "copy_jobs",
    "take_back",
    "count_copied",
    "log_copied",
    "list_days",
    "read_day",
    "find_stray",
    *("list_held_sessions", "list_held_prepared", "list_held_slots", "count_hidden_sessions"),
    *("list_unvacuumed", "read_vacuuming", "count_connections", "read_durability"),
}
ONLY_SQLITE = {
    "drop_job",
    "make_ended",
    "add_ended",
    "forget_ended",
    "last_done",
    "finish_runs",
    "expire_run_keys",
    "drop_runs",
    "list_moved",
    "find_odd_id",
    "list_sockets",
    *("look_before_job", "count_job"),
    "choose_ready",
    "claim_first",
    "count_free_pages",
    "give_back_page",
    "log_created",
    "log_claimed",
    "log_completed",
    "log_promoted",
}
