"""What a filter asks of each source: as SQL where a field is a column, and here where it is not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Text, and_, cast, false, func, literal, not_, or_, true

from queuetui.backends.reading.query_scope import STATE_FLAGS, asks_for_stuck, states_asked
from queuetui.backends.reading.term_plans import require_answers
from queuetui.backends.sql.comparisons import COMPARE, TURNED, exact_text, is_like, is_storable
from queuetui.backends.tables.codecs import PLAIN, UuidValue
from queuetui.backends.tables.moments import Reading
from queuetui.backends.tables.product import Product
from queuetui.backends.tables.rows import at_name
from queuetui.backends.tables.source import Column, Condition, Field, Moment, Source
from queuetui.backends.tables.stuck_rows import is_stuck, states_of_stuck
from queuetui.model.clock import EARLIEST, moment_before
from queuetui.model.page import Handling, PlannedTerm
from queuetui.model.pattern import Pattern
from queuetui.model.query import NAME_FIELDS, NUMBER_FIELDS, SPAN_FIELDS, TIME_FIELDS, Comparison, Query, Term, Value
from queuetui.model.state import State

_HERE = "it is read out of each row here, not by the database"
# What a span is counted from, and the state that it is told of.
_SPANS = {"age": ("created", None), "running": ("started", State.PROCESSING), "waiting": ("scheduled", State.PENDING)}
# An absent count is none on a job.
_ZERO_WHERE_ABSENT = frozenset({"attempts", "lost"})
_US = timedelta(microseconds=1)
_LARGEST = 1e300


@dataclass(frozen=True, slots=True)
class Asked:
    """What a query asks of the sources of a product."""

    # The condition for each source that can have such rows, by its name.
    where: Mapping[str, Condition]
    # The terms that SQL does not answer: they are checked here, row by row.
    residual: tuple[Term, ...]
    # Whether the query has no terms.
    is_everything: bool


def plan_term(term: Term, product: Product) -> PlannedTerm:
    """Return how one term is answered."""
    if term.field in product.absent:
        return PlannedTerm(term, Handling.REFUSED, product.absent[term.field])
    is_pushed = term.field in ("state", "is") or all(_is_column(term, source) for source in product.sources)
    return PlannedTerm(term, Handling.PUSHED) if is_pushed else PlannedTerm(term, Handling.RESIDUAL, _HERE)


def _is_column(term: Term, source: Source) -> bool:
    name = _SPANS[term.field][0] if term.field in SPAN_FIELDS else term.field
    if term.comparison is Comparison.HAS or name in source.decoded.fields:
        return False
    if term.field in SPAN_FIELDS:
        name, state = _SPANS[term.field]
        return name in source.fields or (state is not None and state not in source.states)
    if term.field in TIME_FIELDS:
        return term.comparison is not Comparison.IS
    if term.field not in (*NAME_FIELDS, *NUMBER_FIELDS) or term.field in {"tag", "fingerprint"}:
        return False
    one = source.fields.get(term.field)
    has_pattern = any(isinstance(value, Pattern) for value in term.values)
    return one is None or not has_pattern or one.codec == PLAIN or isinstance(one.codec, UuidValue)


def build(query: Query, reading: Reading) -> Asked:
    """Return what a query asks of each source; raises Unsupported for a term that is refused."""
    planned = [plan_term(term, reading.product) for term in query.terms]
    require_answers(planned)
    pushed = [one.term for one in planned if one.handling is Handling.PUSHED]
    residual = tuple(one.term for one in planned if one.handling is Handling.RESIDUAL)
    where: dict[str, Condition] = {}
    for source in reading.product.sources:
        if not states_sought(query, source):
            continue
        asked = [condition(term, source, reading) for term in pushed]
        asked += [one for term in residual if (one := _narrow(term, source, reading)) is not None]
        where[source.name] = source.shown(and_(true(), *asked))
    return Asked(where, residual, not query.terms)


def _narrow(term: Term, source: Source, reading: Reading) -> Condition | None:
    """Return a condition for at least the rows that a residual term may mean, None where that is any."""
    if _is_column(term, source):
        return condition(term, source, reading)
    if term.negated or term.field != "id" or term.comparison is not Comparison.IS:
        return None
    each: list[Condition] = []
    for value in term.values:
        found = at_id(value, source)
        found = source.decoded.may_have_id(value) if found is None else found
        if found is None:
            return None
        each.append(found)
    return or_(*each)


def at_id(value: Value, source: Source) -> Condition | None:
    """Return the condition for the row of a decoded id, None where neither key nor index leads to it."""
    if not isinstance(value, str):
        return None
    if not is_storable(value):
        return false()
    found = at_name(source, value)
    return source.by_id(value) if found is None else found


def is_searched(query: Query, source: Source) -> bool:
    """Tell whether a query asks for a decoded id that no index leads to, so that rows are searched."""
    asked = [one for one in query.terms if one.field == "id" and not one.negated and "id" in source.decoded.fields]
    return any(at_id(value, source) is None for one in asked for value in one.values)


def states_sought(query: Query, source: Source) -> frozenset[State]:
    """Return those of a source's states that a query may mean."""
    states = states_asked(query, frozenset(source.states))
    return states & states_of_stuck(source) if asks_for_stuck(query) else states


def condition(term: Term, source: Source, reading: Reading) -> Condition:
    """Return a term as a condition, its negation included."""
    found = or_(*_alternatives(term, source, reading)) if term.values else false()
    return not_(func.coalesce(found, false())) if term.negated else found


def _alternatives(term: Term, source: Source, reading: Reading) -> list[Condition]:
    moment = reading.moment
    if term.field == "state":
        return [_among(source, frozenset(State(str(value)) for value in term.values), moment)]
    if term.field == "is":
        return [_flag(str(value), source, moment) for value in term.values]
    if term.field in SPAN_FIELDS:
        return [_span(term, value, source, moment) for value in term.values]
    one = source.fields.get(term.field, Field(literal(0)) if term.field in _ZERO_WHERE_ABSENT else None)
    if one is None:
        return [false()]
    if term.field in TIME_FIELDS:
        return [_at_time(one, term.comparison, value) for value in term.values]
    if term.field in NUMBER_FIELDS:
        at = func.coalesce(one.at, 0) if term.field in _ZERO_WHERE_ABSENT else one.at
        return [_number(at, term.comparison, value) for value in term.values]
    return [_named(term.field, one, value, source, reading) for value in term.values]


def _flag(flag: str, source: Source, moment: Moment) -> Condition:
    if flag == "stuck":
        return is_stuck(source, moment)
    if flag == "cancelling":
        return false() if source.cancelling is None else func.coalesce(source.cancelling, false())
    return _among(source, STATE_FLAGS[flag], moment)


def _among(source: Source, states: frozenset[State], moment: Moment) -> Condition:
    found = source.in_states(states, moment)
    return false() if found is None else found


def _span(term: Term, value: Value, source: Source, moment: Moment) -> Condition:
    name, state = _SPANS[term.field]
    within = None if state is None else source.in_states([state], moment)
    if (state is not None and within is None) or name not in source.fields:
        return false()
    one = source.fields[name]
    ended = source.fields.get("completed")
    if name == "created" and ended is not None and ended.codec == one.codec:
        # A job that does not say when it was made is as old as its end.
        one = Field(func.coalesce(one.at, ended.at), one.codec)
    found = _at_time(one, TURNED[term.comparison], moment_before(moment.now, value))
    return found if within is None else and_(within, found)


def _at_time(one: Field, comparison: Comparison, value: Value) -> Condition:
    """Compare a time that may be stored coarser: at or after T is after the microsecond before T."""
    if not isinstance(value, datetime):
        return false()
    before = value - _US if value > EARLIEST else value
    at, codec = one.at, one.codec
    edge = codec.to_store(before if comparison in (Comparison.AT_LEAST, Comparison.UNDER) else value)
    is_after: Condition = at > edge
    return is_after if comparison in (Comparison.OVER, Comparison.AT_LEAST) else at <= edge


def _number(at: Column, comparison: Comparison, value: Value) -> Condition:
    number = max(-_LARGEST, min(float(str(value)), _LARGEST))
    found: Condition = COMPARE[comparison](at, int(number) if number.is_integer() and abs(number) < 2**62 else number)
    return found


def _named(name: str, one: Field, value: Value, source: Source, reading: Reading) -> Condition:
    if isinstance(value, Pattern):
        return _like(one, value, reading.dialect)
    text = str(value)
    if not is_storable(text):
        return false()
    try:
        stored = one.codec.to_store(text)
    except ValueError:
        return false()
    if str(one.codec.from_store(stored)) != text:
        return false()
    if name == "id" and (by_id := source.by_id(text)) is not None:
        return by_id
    if one.folds:
        return _folded(one.at, reading.dialect) == text.lower()
    found: Condition = one.at == stored
    return and_(found, exact_text(one.at, reading.dialect) == stored) if isinstance(stored, str) else found


def _folded(at: Column, dialect: str) -> Column:
    """Return a text to compare without its case, which MySQL's collation does and keeps its index."""
    return at if dialect == "mysql" else func.lower(cast(at, Text()))


def _like(one: Field, pattern: Pattern, dialect: str) -> Condition:
    if not is_storable(str(pattern)):
        return false()
    at: Column = cast(one.at, Text())
    if one.folds:
        at = func.lower(at)
        pattern = Pattern(tuple(part.lower() if isinstance(part, str) else part for part in pattern.parts))
    return is_like(at if dialect == "sqlite" else exact_text(at, dialect), pattern, dialect)
