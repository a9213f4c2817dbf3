"""The filter language: what each piece of text means, and where the mistake is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from queuetui.model.errors import BadQuery
from queuetui.model.filter_text import quote_value
from queuetui.model.pattern import Pattern, Wild
from queuetui.model.query import FIELDS, SORTS, WORD, Comparison, Query, Sort, Term
from queuetui.model.query_parser import parse_query

IS, HAS, OVER = Comparison.IS, Comparison.HAS, Comparison.OVER

TERMS = {
    "state:failed": Term("state", IS, ("failed",)),
    "STATE:Failed": Term("state", IS, ("failed",)),
    "status:failed": Term("state", IS, ("failed",)),
    "state=failed": Term("state", IS, ("failed",)),
    "queue:mail,high": Term("queue", IS, ("mail", "high")),
    'queue:"a, b",c': Term("queue", IS, ("a, b", "c")),
    "type:Send*": Term("type", IS, (Pattern(("S", "e", "n", "d", Wild.ANY)),)),
    'type:"Send *"': Term("type", IS, ("Send *",)),
    'type:"Send *"*?': Term("type", IS, (Pattern(("Send *", Wild.ANY, Wild.ONE)),)),
    'queue:"a,b"': Term("queue", IS, ("a,b",)),
    'queue:"",x': Term("queue", IS, ("", "x")),
    r'queue:"a\\"': Term("queue", IS, ("a\\",)),
    r'type:"App\\Jobs\\*"': Term("type", IS, ("App\\Jobs\\*",)),
    'payload~{"sku":"A"}': Term("payload", HAS, ('{"sku":"A"}',)),
    "error~a*": Term("error", HAS, ("a*",)),
    "queue:'mail'": Term("queue", IS, ("'mail'",)),
    "age>1h": Term("age", OVER, (3600.0,)),
    "age>=1h30m": Term("age", Comparison.AT_LEAST, (5400.0,)),
    "running<500ms": Term("running", Comparison.UNDER, (0.5,)),
    "waiting<=90": Term("waiting", Comparison.AT_MOST, (90.0,)),
    "attempts>=3": Term("attempts", Comparison.AT_LEAST, (3.0,)),
    "priority:-10": Term("priority", IS, (-10.0,)),
    "payload.user.id:42": Term("payload", IS, ("42",), path=("user", "id")),
    "payload.items.0.sku~a-1": Term("payload", HAS, ("a-1",), path=("items", "0", "sku")),
    "payload.n>5": Term("payload", OVER, (5.0,), path=("n",)),
    "payload~needle": Term("payload", HAS, ("needle",)),
    'error~"timed out"': Term("error", HAS, ("timed out",)),
    r'error~"a \"b\" \\ c"': Term("error", HAS, (r'a "b" \ c',)),
    "worker:web-1": Term("worker", IS, ("web-1",)),
    "tags:vip": Term("tag", IS, ("vip",)),
    "correlation:req-1": Term("correlation_id", IS, ("req-1",)),
    "idempotency_key:k": Term("key", IS, ("k",)),
    "due>2026-01-31": Term("scheduled", OVER, (datetime(2026, 1, 31, tzinfo=UTC),)),
    "created>2026-01-31T08:00:00Z": Term("created", OVER, (datetime(2026, 1, 31, 8, tzinfo=UTC),)),
    "created>2026-01-31T08:00:00+02:00": Term("created", OVER, (datetime(2026, 1, 31, 6, tzinfo=UTC),)),
    "is:stuck": Term("is", IS, ("stuck",)),
    "is:stuck,final": Term("is", IS, ("stuck", "final")),
    "-queue:slow": Term("queue", IS, ("slow",), negated=True),
    "word": Term(WORD, HAS, ("word",)),
    "-word": Term(WORD, HAS, ("word",), negated=True),
    '"two words"': Term(WORD, HAS, ("two words",)),
    '"state:failed"': Term(WORD, HAS, ("state:failed",)),
    "A-1042": Term(WORD, HAS, ("A-1042",)),
    "-": Term(WORD, HAS, ("-",)),
    "queue:a:b": Term("queue", IS, ("a:b",)),
    "type:App\\Jobs\\Send": Term("type", IS, ("App\\Jobs\\Send",)),
}

# Each mistake with the position it is told at and a word of the message.
MISTAKES = {
    "stat:failed": (0, "state"),
    "queue:mail colour:red": (11, "colour"),
    "state:done": (6, "done"),
    "state:failed,done": (13, "done"),
    "state:": (6, "no value"),
    "-state:": (7, "no value"),
    "state>failed": (0, "compared"),
    "state~fail": (0, "compared"),
    "age:1h": (0, "compared"),
    "age>soon": (4, "soon"),
    "age>1000000d": (4, "thousand years"),
    "attempts>many": (9, "many"),
    "attempts:nan": (9, "nan"),
    "attempts>inf": (9, "inf"),
    "attempts~3": (0, "compared"),
    "created>yesterday": (8, "yesterday"),
    "created>0001-01-01T00:00:00+23:59": (8, "0001"),
    "created:2026-01-31": (0, "compared"),
    "is:broken": (3, "broken"),
    "is~stuck": (0, "compared"),
    "queue>a": (0, "compared"),
    "error>a": (0, "compared"),
    "payload.n>x": (10, "x"),
    "queue.a:b": (0, "queue.a"),
    'error~"timed out': (6, "quote"),
    "sort:colour": (0, "colour"),
    "sort:created,queue": (0, "sort"),
    "-sort:created": (0, "sort"),
    "type:a\ud800": (6, "half"),
    "word sort:error": (5, "error"),
}


@pytest.mark.parametrize("text", TERMS)
def test_a_term_is_read(text: str) -> None:
    """Each form of a condition is read as what it says."""
    assert parse_query(text).terms == (TERMS[text],)


def test_terms_know_where_they_stand() -> None:
    """All conditions are kept in order with their place in the text."""
    query = parse_query("  state:failed   -queue:slow\tword ")
    assert [(term.field, term.position) for term in query.terms] == [("state", 2), ("queue", 17), (WORD, 29)]
    assert query.text == "state:failed   -queue:slow\tword"


@pytest.mark.parametrize("name", SORTS)
def test_an_order_is_read(name: str) -> None:
    """A sort names its field; a minus turns it."""
    assert parse_query(f"sort:{name}").sort == Sort(name, descending=False)
    assert parse_query(f"x sort:-{name}").sort == Sort(name, descending=True)


def test_a_sort_takes_other_names() -> None:
    """A sort understands the other names of a field, turned or not."""
    assert parse_query("sort:due").sort == parse_query("sort:scheduled").sort
    assert parse_query("sort:-due").sort == Sort("scheduled", descending=True)


def test_the_last_sort_counts() -> None:
    """Of two orders the later is meant."""
    assert parse_query("sort:queue sort:-created").sort == Sort("created", descending=True)


@pytest.mark.parametrize("text", ["", "  ", "\n\t"])
def test_nothing_written_matches_all(text: str) -> None:
    """An empty filter has no conditions and no order."""
    assert parse_query(text) == Query()


@pytest.mark.parametrize("text", MISTAKES)
def test_a_mistake_is_told_with_its_place(text: str) -> None:
    """Every mistake says where it is and what is wrong."""
    position, word = MISTAKES[text]
    with pytest.raises(BadQuery) as caught:
        parse_query(text)
    assert caught.value.position == position
    assert word in str(caught.value)
    assert str(position) in str(caught.value)


@pytest.mark.parametrize(("written", "meant"), [("stat:x", "state"), ("typ:x", "type"), ("is:stck", "stuck")])
def test_a_near_miss_is_guessed(written: str, meant: str) -> None:
    """A misspelt name gets the one that was probably meant."""
    with pytest.raises(BadQuery, match=f"did you mean {meant}"):
        parse_query(written)


PIECES = st.sampled_from(
    (*FIELDS, *(":~<>=,.\"\\- *?[]'"), "failed", "1h", "3", "x", "\x00", "\ud800", "é", "2026-01-01")
)


@given(st.text(max_size=60) | st.lists(PIECES, max_size=12).map("".join))
@example('"')
@example('\\"')
@example('payload.."":')
@example("sort:")
@example("age>9" + "9" * 400 + "d")
def test_any_text_is_a_filter_or_a_mistake(text: str) -> None:
    """Whatever is typed is read, or refused with a place within the text; nothing else happens."""
    mistake, query = None, Query()
    try:
        query = parse_query(text)
    except BadQuery as caught:
        mistake = caught
    assert mistake is None or (str(mistake) and 0 <= mistake.position <= len(text))
    assert all(term.values and 0 <= term.position <= len(text) for term in query.terms)


NAMES = st.text(st.characters(blacklist_categories=["Cs"]), max_size=30) | st.text(
    "ab\"\\\\ ,*?[]'-:~\t\n$`", max_size=12
)


@given(NAMES, NAMES)
@example('a"b', "mail*")
@example("\\\\", '"')
@example("a,b", "")
@example("-q", "'x'")
@example("\n", "a sort:b")
def test_a_quoted_name_is_read_as_it_is(name: str, other: str) -> None:
    """Whatever a name holds, what writes it into a filter and what reads the filter agree, alone, in lists and beside other terms."""
    for prefix in ("queue:", "-queue:", "type:", "worker:", "payload.key:", "error~"):
        text = f"state:failed {prefix}{quote_value(name)},{quote_value(other)} word"
        assert parse_query(text).terms[1].values == (name, other)


def test_only_values_are_what_a_field_may_be() -> None:
    """The values a field is limited to are told, meeting over several terms; other terms do not limit it."""
    query = parse_query("queue:a,b queue:b,c -queue:d queue~e")
    assert query.only_values("queue") == ("b",)
    assert query.only_values("state") is None


def test_terms_can_be_added() -> None:
    """A filter with more conditions keeps its own."""
    query = parse_query("state:failed sort:-created")
    more = query.with_terms(Term("queue", IS, ("mail",)))
    assert [term.field for term in more.terms] == ["state", "queue"]
    assert more.sort == query.sort


ZONES = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(st.datetimes(timezones=ZONES))
def test_any_time_is_read_as_utc(at: datetime) -> None:
    """A time with any offset is the same instant in UTC, or refused where UTC has no such time."""
    try:
        (value,) = parse_query(f"created>{at.isoformat()}").terms[0].values
    except BadQuery:
        assert at.year in {1, 9999}
    else:
        assert value == at
        assert isinstance(value, datetime)
        assert value.tzinfo is UTC
