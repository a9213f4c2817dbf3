"""Filters over the population, made at random."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import strategies as st

from queuetui.model.pattern import Pattern, Wild
from queuetui.model.query import FLAGS, NUMBER_FIELDS, SPAN_FIELDS, TIME_FIELDS, WORD, Comparison, Query, Term
from queuetui.model.state import State
from tests.conformance.population import ODD_TEXTS

ORDERED = (Comparison.OVER, Comparison.AT_LEAST, Comparison.UNDER, Comparison.AT_MOST)
NAMES = {
    "id": ("*7", "*", "0*-?000-*", "none"),
    "queue": ("mail", "import", "night", "m*", "MAIL", "*t", "no"),
    "type": ("Send*", "SendMail", "sendmail", "Odd", "?dd", "*"),
    "name": ("Weekly news", "Weekly*", "*"),
    "worker": ("web-1-77", "w1", "web-*", "vanished"),
    "key": ("news-7", "news-?", "NEWS"),
    "correlation_id": ("req-1", "req-*"),
    "tag": ("vip", "eu", "v*", "IP"),
    "error": ("*timed*", "Timeout: *", "ValueError: 100% [[]bad]_value\\", "timed out", "100% [bad]"),
    "data": ("*a@example.org*", "sku", "to *", "A-10"),
    "payload": ('{"text": *', "*items*", "needle", "not json", "BÜRO"),
}
PATHS = {
    ("to",): ("a@example.org", "a@*", "EXAMPLE"),
    ("user", "id"): ("42", "4?", "*2"),
    ("items", "0", "sku"): ("A-1042", "a-1042"),
    ("items", "1"): ("7", "7.0"),
    ("items", "2"): ("true", "True"),
    ("items", "3"): ("null", "none"),
    ("items", "4"): ("1.5", "5"),
    ("items",): ("*A-1042*", "sku"),
    ("text",): ("0", "2", "?"),
    ("t",): ("0", "2"),
    ("shop", "name"): ("Büro", "B*", "ürO"),
    ("none",): ("*",),
}
# No edge of time lies near the population, so that it does not matter when a query is asked.
SPANS_S = (0.0, 3600.0, 864_000.0)
TIMES = (datetime(2001, 1, 1, tzinfo=UTC), datetime(2999, 1, 1, tzinfo=UTC))
NUMBERS = (-3.0, 0.0, 1.0, 2.0, 3.0, 9.0, 10.0, 50.0, 0.5, float(2**31 - 1))


def _as_pattern(text: str) -> str | Pattern:
    wild = {"*": Wild.ANY, "?": Wild.ONE}
    return Pattern(tuple(wild.get(char, char) for char in text)) if set(text) & set(wild) else text


def _matched(texts: st.SearchStrategy[str]) -> st.SearchStrategy[tuple[Comparison, tuple[str | Pattern, ...]]]:
    """Return names to be compared with, those with wildcards as patterns and as what they literally are."""
    names = st.lists(texts | texts.map(_as_pattern), min_size=1, max_size=3).map(tuple)
    held = st.lists(texts, min_size=1, max_size=3).map(tuple)
    return st.tuples(st.just(Comparison.IS), names) | st.tuples(st.just(Comparison.HAS), held)


def _names() -> st.SearchStrategy[Term]:
    def of(field: str) -> st.SearchStrategy[Term]:
        texts = st.sampled_from((*NAMES[field], *ODD_TEXTS))
        return _matched(texts).map(lambda matched: Term(field, *matched))

    return st.sampled_from(sorted(NAMES)).flatmap(of)


def _paths() -> st.SearchStrategy[Term]:
    def of(path: tuple[str, ...]) -> st.SearchStrategy[Term]:
        text = _matched(st.sampled_from(PATHS[path]))
        number = st.tuples(st.sampled_from(ORDERED), st.sampled_from(NUMBERS).map(_one))
        return (text | number).map(lambda pair: Term("payload", pair[0], pair[1], path=path))

    return st.sampled_from(sorted(PATHS)).flatmap(of)


def _numbers() -> st.SearchStrategy[Term]:
    value = st.sampled_from(NUMBERS).map(lambda number: (number,))
    return st.builds(Term, st.sampled_from(NUMBER_FIELDS), st.sampled_from((*ORDERED, Comparison.IS)), value)


def _times() -> st.SearchStrategy[Term]:
    span = st.builds(Term, st.sampled_from(SPAN_FIELDS), st.sampled_from(ORDERED), st.sampled_from(SPANS_S).map(_one))
    time = st.builds(Term, st.sampled_from(TIME_FIELDS), st.sampled_from(ORDERED), st.sampled_from(TIMES).map(_one))
    return span | time


def _one(value: float | datetime) -> tuple[float | datetime]:
    return (value,)


def _sets() -> st.SearchStrategy[Term]:
    states = st.lists(st.sampled_from([state.value for state in State]), min_size=1, max_size=3).map(tuple)
    flags = st.lists(st.sampled_from(FLAGS), min_size=1, max_size=2).map(tuple)
    words = st.sampled_from(("mail", "TIMED", "needle", "a-1042", "büro", "100%", "_", "web-1", "req", "zzz")).map(
        lambda word: (word,)
    )
    return (
        st.builds(Term, st.just("state"), st.just(Comparison.IS), states)
        | st.builds(Term, st.just("is"), st.just(Comparison.IS), flags)
        | st.builds(Term, st.just(WORD), st.just(Comparison.HAS), words)
    )


def terms() -> st.SearchStrategy[Term]:
    """Return one condition of any kind, negated or not."""
    plain = _names() | _paths() | _numbers() | _times() | _sets()
    return st.tuples(plain, st.booleans()).map(
        lambda pair: Term(pair[0].field, pair[0].comparison, pair[0].values, pair[1], pair[0].path)
    )


def queries() -> st.SearchStrategy[Query]:
    """Return filters of one to three conditions."""
    return st.lists(terms(), min_size=1, max_size=3).map(lambda found: Query(tuple(found)))
