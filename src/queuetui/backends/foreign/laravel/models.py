"""Looks up, read only, what people call the models that a command stores by class and id."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice

from sqlalchemy import Connection, Table, select

from queuetui.backends.foreign.laravel.settings import USUAL_CONNECTIONS, LaravelSettings
from queuetui.backends.payloads.php_values import MODEL_IDENTIFIER, MODEL_LABEL, PhpArray, PhpDocument, PhpObject
from queuetui.backends.sql.catalog import Catalog
from queuetui.backends.sql.comparisons import is_storable
from queuetui.backends.sql.optional_reads import read_if_possible
from queuetui.backends.sql.stored_types import as_table
from queuetui.backends.tables.codecs import Codec, key_codec

_MOST_TABLES = 10
_MOST_IDS = 500
_MOST_MODELS = 20  # of one job
_MOST_MEMBERS = 3  # of one collection that are named

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[^A-Z]+")
_UNCOUNTABLE = frozenset(
    {
        "aircraft", "audio", "bison", "cattle", "chassis", "data", "deer", "education", "emoji", "equipment", "evidence", "feedback",
        "firmware", "fish", "furniture", "gold", "hardware", "information", "jedi", "knowledge", "love", "media", "metadata", "moose",
        "money", "music", "news", "nutrition", "offspring", "plankton", "pokemon", "police", "rain", "recommended", "related", "rice",
        "series", "sheep", "software", "species", "staff", "sugar", "swine", "traffic", "training", "wheat",
    }
)  # fmt: skip
_IRREGULAR = {
    "child": "children", "criterion": "criteria", "foot": "feet", "goose": "geese", "man": "men", "mouse": "mice", "move": "moves",
    "ox": "oxen", "person": "people", "phenomenon": "phenomena", "tooth": "teeth", "woman": "women", "quiz": "quizzes",
    "leaf": "leaves", "half": "halves", "knife": "knives", "life": "lives", "wife": "wives", "shelf": "shelves", "self": "selves",
    "thief": "thieves", "calf": "calves", "wolf": "wolves", "index": "indices", "matrix": "matrices", "vertex": "vertices",
    "hero": "heroes", "potato": "potatoes", "tomato": "tomatoes", "echo": "echoes", "virus": "viri", "axis": "axes",
    "analysis": "analyses", "crisis": "crises", "medium": "media", "datum": "data", "curriculum": "curricula",
}  # fmt: skip
_ENDINGS = (
    (re.compile(r"([^aeiou]|qu)y$"), r"\1ies"),
    (re.compile(r"(s|x|z|ch|sh)$"), r"\1es"),
    (re.compile(r"$"), "s"),
)

ModelId = int | str
Found = dict[str, dict[str, dict[str, str]]]  # class, id as text, column, value


@dataclass(frozen=True, slots=True)
class _ModelTable:
    """Where a class is kept: its table, how ids stand there, and the columns that name a row, best first."""

    rows: Table
    ids: Codec
    labels: tuple[str, ...]


@dataclass
class ModelLabels:
    """Finds labels in at most one query a table and page; what cannot be read is not asked for again."""

    settings: LaravelSettings
    catalog: Catalog
    home: Table
    _known: dict[str, _ModelTable | None] = field(default_factory=dict)

    def find(self, connection: Connection, documents: Iterable[PhpDocument]) -> Found:
        """Return the labels of the models that documents name; nothing where the profile wants none."""
        wanted: defaultdict[str, set[ModelId]] = defaultdict(set)
        if self.settings.labels:
            for document in documents:
                for model in identifiers(document):
                    if self._is_here(model):
                        wanted[str(model.properties["class"])].update(_ids(model))
        found: Found = {}
        for class_name, ids in islice(wanted.items(), _MOST_TABLES):
            kept = self._table_of(class_name)
            if kept is not None:
                found[class_name] = self._read(connection, class_name, kept, ids)
        return found

    def _is_here(self, model: PhpObject) -> bool:
        """Tell whether a model is kept in this database, by its connection's name or by the profile."""
        name = model.properties.get("connection")
        return (
            name is None
            or name in {*self.settings.connections, *USUAL_CONNECTIONS}
            or model.properties.get("class") in self.settings.models
        )

    def _table_of(self, class_name: str) -> _ModelTable | None:
        """Return the table of a class: the profile's, else by Laravel's naming with the prefix of jobs."""
        if class_name not in self._known:
            written, _, label = (one.strip() for one in self.settings.models.get(class_name, "").partition(":"))
            usual = table_of(class_name)
            prefix = self.home.name.removesuffix("jobs") if self.home.name.endswith("jobs") else ""
            candidates = (self._look_at(one, label) for one in ([written] if written else [prefix + usual, usual]))
            self._known[class_name] = next((one for one in candidates if one is not None), None)
        return self._known[class_name]

    def _look_at(self, name: str, label: str) -> _ModelTable | None:
        """Return a table beside those of the queue that has an id and a label which this user may read."""
        placed = name if "." in name or self.home.schema is None else f"{self.home.schema}.{name}"
        found = self.catalog.find(placed)
        labels = (label,) if label else self.settings.labels
        if found is None or not found.is_readable or "id" not in found.columns:
            return None
        labels = tuple(one for one in labels if one in found.columns)
        dialect = self.catalog.dialect
        rows, ids = as_table(found, dialect), key_codec(found.columns["id"], dialect)
        return _ModelTable(rows, ids, labels) if labels else None

    def _read(
        self, connection: Connection, class_name: str, kept: _ModelTable, ids: set[ModelId]
    ) -> dict[str, dict[str, str]]:
        fitting = sorted(_stored(ids, kept.ids), key=str)[:_MOST_IDS]
        if not fitting:
            return {}
        columns = [kept.rows.c[name] for name in ("id", *kept.labels)]
        chosen = select(*columns).where(kept.rows.c.id.in_(fitting))
        records = read_if_possible(connection, lambda: connection.execute(chosen).all())
        if records is None:
            self._known[class_name] = None
            return {}
        named = ((kept.ids.from_store(key), texts) for key, *texts in records)
        return {str(key): _texts(zip(kept.labels, texts, strict=True)) for key, texts in named}


def table_of(class_name: str) -> str:
    """Return the table's name: the class in lower case with underscores, its last word in the plural."""
    words = [word.lower().strip("_") for word in _WORD.findall(class_name.rpartition("\\")[2])]
    words = [word for word in words if word]
    if not words:
        return ""
    return "_".join((*words[:-1], _plural(words[-1])))


def _plural(word: str) -> str:
    if word in _UNCOUNTABLE:
        return word
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    for ending, plural in _ENDINGS:
        if ending.search(word):
            return ending.sub(plural, word, count=1)
    return word


def identifiers(document: PhpDocument) -> Iterator[PhpObject]:
    """Yield the identifiers of models anywhere in a document, as many as a line could name."""
    models = (one for one in document.slots if isinstance(one, PhpObject) and one.class_name == MODEL_IDENTIFIER)
    return islice((one for one in models if isinstance(one.properties.get("class"), str)), _MOST_MODELS)


def add_labels(document: PhpDocument, found: Mapping[str, Mapping[str, Mapping[str, str]]]) -> None:
    """Write columns beside the ids for the data column, by their names, and the best as the label."""
    for model in identifiers(document):
        rows = found.get(str(model.properties["class"]), {})
        ids = _ids(model)
        named = [rows[str(one)] for one in ids if rows.get(str(one))]
        if not named:
            continue
        if not isinstance(model.properties.get("id"), PhpArray):
            for name, value in named[0].items():
                model.properties.setdefault(name, value)
        shown = [next(iter(rows.get(str(one), {}).values()), str(one)) for one in ids[:_MOST_MEMBERS]]
        more = f" and {len(ids) - _MOST_MEMBERS} more" if len(ids) > _MOST_MEMBERS else ""
        model.properties[MODEL_LABEL] = ", ".join(shown) + more


def _ids(model: PhpObject) -> list[ModelId]:
    """Return the id of a model, or those of a collection."""
    stored = model.properties.get("id")
    members = list(stored.items.values()) if isinstance(stored, PhpArray) else [stored]
    return [one for one in members if isinstance(one, int | str) and not isinstance(one, bool)]


def _stored(ids: Iterable[ModelId], codec: Codec) -> Iterator[object]:
    """Yield those of the ids that the key's column can hold, as it holds them."""
    for one in filter(is_storable, map(str, ids)):
        with suppress(ValueError):
            held = codec.to_store(one)
            # Python takes more for a number than PHP and databases write: `1_0`, blanks, other digits.
            if not isinstance(held, int) or str(held) == one:
                yield held


def _texts(pairs: Iterable[tuple[str, object]]) -> dict[str, str]:
    return {name: str(value) for name, value in pairs if isinstance(value, str | int) and str(value).strip()}
