"""The table that Laravel's naming gives a model class: `Product` is kept in `products`."""

from __future__ import annotations

import re

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
    "hero": "heroes", "potato": "potatoes", "tomato": "tomatoes", "echo": "echoes", "human": "humans", "status": "statuses",
    "alias": "aliases", "bus": "buses", "virus": "viri", "axis": "axes", "analysis": "analyses", "crisis": "crises",
    "medium": "media", "datum": "data", "curriculum": "curricula", "address": "addresses", "cache": "caches",
}  # fmt: skip
_ENDINGS = (
    (re.compile(r"([^aeiou]|qu)y$"), r"\1ies"),
    (re.compile(r"(s|x|z|ch|sh)$"), r"\1es"),
    (re.compile(r"$"), "s"),
)


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
