"""The names by which several systems are told apart."""

from __future__ import annotations

from queuetui.tui.present.systems import short_names


def test_what_all_share_is_left_out_of_names() -> None:
    """Systems of one store are called by their kinds; of several stores each keeps its place, cut where its host stands."""
    host = "orders@db.example.com:5432"
    assert short_names([f"{host}/oban", f"{host}/pg-boss"]) == ["oban", "pg-boss"]
    assert short_names(["prod/oban", "test/oban"]) == ["prod/oban", "test/oban"]
    assert short_names(["prod"]) == ["prod"]
    assert short_names(["prod/oban"]) == ["prod/oban"]
    long = f"{'x' * 60}/graphile-worker"
    cut, _ = short_names([long, "prod"])
    assert (len(cut), cut[0], cut.endswith("/graphile-worker")) == (40, "…", True)
