"""The short text of a payload."""

from __future__ import annotations

import pytest

from queuetui.model.payload import DEFAULT_SUMMARY, SUMMARY_CAP_CHARS, paths_for, read_path, summarise, summarise_json

PRODUCT = (
    '{"product": {"sku": "A-1042", "name": "Mug"}, "shop": {"name": "North"}, "n": 3, "list": [{"a": 1}], "ok": true}'
)


@pytest.mark.parametrize(
    ("paths", "summary"),
    [
        (("product.sku",), "sku A-1042"),
        (("product.name",), "product Mug"),
        (("product.sku", "shop.name"), "sku A-1042 shop North"),
        (("n", "list.0.a"), "n 3 a 1"),
        (("absent", "n"), "n 3"),
    ],
)
def test_values_are_named_by_their_path(paths: tuple[str, ...], summary: str) -> None:
    """Each value is shown with the last telling part of its path."""
    found = summarise_json("Sync", PRODUCT, {"*": paths})
    assert found is not None
    assert found.raw == summary


@pytest.mark.parametrize("path", ["absent", "product.absent", "list.9.a", "list.x", "n.deeper", "", "product..sku"])
def test_a_path_to_nowhere_finds_nothing(path: str) -> None:
    """A path that leads nowhere finds nothing and breaks nothing."""
    assert read_path({"product": {"sku": 1}, "list": [{"a": 1}], "n": 3}, path) is None


def test_of_the_default_paths_two_are_shown() -> None:
    """Without a rule of its own a type shows the first two values that people look for."""
    found = summarise_json("Sync", '{"url": "u", "sku": "A", "to": "b@c", "email": "d"}', {})
    assert found is not None
    assert found.raw == "sku A to b@c"


@pytest.mark.parametrize(
    ("payload", "shown"),
    [
        ('{"x": 9, "deep": {"y": 1}, "is": true, "file.name": "b", "z": "a"}', "x 9 z a"),
        ('{"a": 1, "b": 2, "c": 3}', "a 1 b 2"),
        ('{"x": 9, "id": 4}', "id 4"),
    ],
)
def test_without_any_of_them_the_first_plain_values_are_shown(payload: str, shown: str) -> None:
    """What nobody configured shows its first texts and numbers with their names."""
    found = summarise_json("Sync", payload, {})
    assert found is not None
    assert found.raw == shown


def test_the_first_pattern_that_matches_counts() -> None:
    """Paths go by type, the first pattern first, and else are the default ones."""
    summaries = {"Sync*": ("a",), "*": ("b",)}
    assert paths_for("SyncProduct", summaries) == ("a",)
    assert paths_for("Send", summaries) == ("b",)
    assert paths_for("Send", {"Sync*": ("a",)}) == DEFAULT_SUMMARY


@pytest.mark.parametrize(
    "payload", ["not json", "[1, 2, 3]", '{"a": {"b": 1}}', '"text"', '{"cut": "in the mid', "[" * 50_000]
)
def test_what_has_no_summary_shows_its_head(payload: str) -> None:
    """A payload that says nothing at the paths, or is no JSON, shows its own beginning."""
    found = summarise_json("Sync", payload, {"*": ("absent",)})
    assert found is not None
    assert found.raw == payload[:SUMMARY_CAP_CHARS]


@pytest.mark.parametrize("payload", ["", "{}"])
def test_an_empty_payload_shows_nothing(payload: str) -> None:
    """Nothing is shown of nothing."""
    assert summarise_json("Sync", payload, {}) is None


def test_a_summary_is_capped() -> None:
    """However long the values, the text stays short."""
    found = summarise({"a": "x" * 10_000, "b": "y" * 10_000}, ("a", "b"))
    assert found is not None
    assert len(found) == SUMMARY_CAP_CHARS


@pytest.mark.parametrize("value", [True, None, {"deep": 1}, [1]])
def test_only_texts_and_numbers_are_shown(value: object) -> None:
    """A yes, a nothing or a structure at a path is not worth showing."""
    assert summarise({"a": value}, ("a",)) is None
