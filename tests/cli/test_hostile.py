"""Whatever a queue holds, no command prints anything that a terminal would obey, and JSON stays JSON."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest

from queuetui.backends.native.memory.backend import MemoryBackend
from queuetui.model.job import Ending, RunError, Settlement
from tests.cli.conftest import EVERY_STORE
from tests.cli.scenes import LONG_S, Scene
from tests.zoo import SMALL_ZOO, ZOO, assert_inert

FORMATS = ("table", "json", "ndjson", "csv")
NAMES = {name: text for name, text in SMALL_ZOO.items() if text.strip()}
CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
DEEP = '{"a":' * 900 + "1" + "}" * 900
STORED = ("csi_colour", "nul", "surrogate_lone", "c0_all", "bidi_override", "click")
PAYLOADS = {
    "10 MB": ZOO["text_10_mb"].encode(),
    "deep": DEEP.encode(),
    "no number": b"NaN",
    "no text": b"\xff\xfe",
    "a long number": b"1" * 10_000,
}


def fill(scene: Scene, text: str) -> str:
    """Store a failed job that is hostile in every field, run by a hostile worker, and a waiting one; return its id.

    Names go in behind the store's back: ours refuses some of them, and a foreign store may hold any.
    """
    worker_id = f"w {text}"[:200]
    scene.register(text, worker_id=worker_id)
    job_id = scene.job("failed", "lane", {"sku": text, text: [text, {"deep": text}]}, max_attempts=1)
    lease = scene.backend.jobs.open_lease(worker_id, "lane", LONG_S)
    (claimed,) = scene.backend.jobs.step(lease.id, (), 1).claimed
    result = json.dumps({"said": text}).encode()
    settlement = Settlement(
        job_id, claimed.fence, text, Ending.FAILED, 0.1, result=result, error=RunError(text, text, text)
    )
    scene.backend.jobs.step(lease.id, [settlement], 0)
    scene.job("waiting", "lane", text.encode("utf-8", "replace"))
    assert isinstance(scene.backend, MemoryBackend)
    for record in scene.backend.store.jobs.values():
        record.new = record.new._replace(
            queue=text, type=text, name=text, tags=(text,), correlation_id=text, idempotency_key=text
        )
    return job_id


def command_lines(job_id: str) -> list[list[str]]:
    """Return every command that prints what a queue holds."""
    return [
        ["jobs"],
        ["show", job_id],
        ["why", job_id],
        ["queues"],
        ["workers"],
        ["stats"],
        ["discover"],
        ["retry", "--id", job_id, "--dry-run"],
        ["purge", "is:final", "--dry-run"],
        ["delete", "state:pending", "--dry-run"],
        ["cancel", "state:failed", "--dry-run"],
    ]


@pytest.mark.parametrize("specimen", NAMES)
def test_no_format_of_any_command_prints_what_a_terminal_obeys(quick: Scene, specimen: str) -> None:
    """Each specimen, in names, payloads, errors, queues, workers, keys and tags, comes out inert everywhere."""
    job_id = fill(quick, NAMES[specimen])
    for words in command_lines(job_id):
        for form in FORMATS if words[0] in {"jobs", "queues"} else ("table", "json"):
            answer = quick.run(*words, "--format", form)
            assert answer.code == 0, (words, answer.err)
            assert_inert(answer.out)
            assert_inert(answer.err)
            check_form(answer.out, form)


def check_form(out: str, form: str) -> None:
    """Check that the output is what its format promises."""
    if form == "json" and out:
        json.loads(out, parse_constant=pytest.fail)
    if form == "ndjson":
        for line in out.splitlines():
            json.loads(line, parse_constant=pytest.fail)
    if form == "csv":
        rows = list(csv.reader(io.StringIO(out)))
        assert len({len(row) for row in rows}) <= 1
        assert [cell for row in rows for cell in row if cell.startswith(("=", "+", "@", "\t", "\r"))] == []


@pytest.mark.parametrize("specimen", NAMES)
def test_json_tells_the_true_value(quick: Scene, specimen: str) -> None:
    """What a table makes safe, JSON gives back as it was stored, so that programs can act on it."""
    text = NAMES[specimen]
    shown = quick.run("show", fill(quick, text), "--json").data
    assert (shown["name"], shown["type"], shown["queue"], shown["tags"]) == (text, text, text, [text])
    assert shown["payload"]["sku"] == text
    assert shown["error"] == {"class": text, "message": text, "traceback": text}


@EVERY_STORE
def test_real_stores_give_hostile_text_back_inert(scene: Scene) -> None:
    """On each real store hostile payloads are stored, listed and shown as they are, and nothing of them acts."""
    for specimen in STORED:
        scene.job(specimen, payload={"sku": ZOO[specimen]})
    listed = [(["jobs"], form) for form in FORMATS] + [(["stats"], "table"), (["queues"], "table")]
    shown = [(["show", job_id], form) for job_id in scene.ids.values() for form in ("table", "json")]
    for words, form in [*listed, *shown]:
        answer = scene.run(*words, "--format", form)
        assert answer.code == 0, answer.err
        assert_inert(answer.out + answer.err)
        check_form(answer.out, form)
    payloads = {row["id"]: row["payload"] for row in scene.run("jobs", "--json").data}
    assert payloads == {scene.ids[specimen]: {"sku": ZOO[specimen]} for specimen in STORED}


@pytest.mark.parametrize("kind", PAYLOADS)
def test_a_payload_that_is_large_deep_or_no_json_is_shown(quick: Scene, kind: str) -> None:
    """No payload is too large, too deep or too broken to be listed and shown."""
    job_id = quick.job("a", payload=PAYLOADS[kind])
    for words in (["jobs"], ["show", job_id]):
        for form in FORMATS:
            answer = quick.run(*words, "--format", form)
            assert answer.code == 0, answer.err
            # The zoo's own check looks at each character by itself, which ten megabytes are too much for.
            assert not CONTROLS.search(answer.out)
            assert answer.out.isascii() or form in {"table", "csv"}
            check_form(answer.out, form)


def test_a_huge_payload_does_not_flood_a_table(quick: Scene) -> None:
    """A table shows the head of ten megabytes and marks the cut; JSON gives all of it."""
    job_id = quick.job("a", payload=json.dumps({"text": ZOO["text_10_mb"]}).encode())
    assert len(quick.run("show", job_id).out) < 500_000
    assert quick.run("show", job_id, "--json").data["payload"]["text"] == ZOO["text_10_mb"]


@pytest.mark.parametrize("specimen", NAMES)
def test_what_a_person_types_is_repeated_inert(quick: Scene, specimen: str) -> None:
    """A hostile word on the command line is repeated inert in the error, in one line of words."""
    text = NAMES[specimen]
    for words in (["show", text], ["jobs", f"state:{text}"], ["--profile", text, "stats"], [text], ["pause", text]):
        answer = quick.run(*words)
        assert_inert(answer.err)
        assert answer.code in {0, 2, 4}, (words, answer)


def test_a_queue_cannot_forge_a_line_of_ours(quick: Scene) -> None:
    """A line end in a queue's name stays inside the line that names it."""
    quick.job("a", "mail\nqueuetui: 0 jobs left")
    answer = quick.run("delete", "state:pending", "--dry-run")
    assert not [line for line in answer.err.splitlines() if line.startswith("queuetui: ")]
