"""The data column's line, from configured paths or from a job's own properties."""

from __future__ import annotations

from queuetui.backends.foreign.laravel.php_serialized import read_php
from queuetui.backends.foreign.laravel.summary import summarise

MODEL = (
    'O:45:"Illuminate\\Contracts\\Database\\ModelIdentifier":4:{s:5:"class";s:11:"App\\Product";'
    's:2:"id";i:42;s:9:"relations";a:0:{}s:10:"connection";s:5:"mysql";}'
)
PRODUCT = 'O:9:"App\\Thing":2:{s:2:"id";i:7;s:3:"sku";s:6:"A-1042";}'
SHOP = 'O:8:"App\\Shop":1:{s:4:"name";s:5:"North";}'


def summarise_job(properties: str, count: int, *paths: str) -> str:
    """Summarise a job object made of serialised properties."""
    document = read_php(f'O:3:"Job":{count}:{{{properties}}}')
    return summarise(document, paths) if paths else summarise(document)


def test_product_and_shop_are_shown_by_default() -> None:
    """The SKU wins over the id, and a name shows its owner's label."""
    assert summarise_job(f's:7:"product";{PRODUCT}s:4:"shop";{SHOP}', 2) == "sku A-1042 shop North"


def test_a_model_is_shown_by_its_id() -> None:
    """A model that was stored as an identifier appears as label and id."""
    assert summarise_job(f's:7:"product";{MODEL}s:6:"shopId";i:3;', 2) == "product 42 shop 3"


def test_a_shared_model_is_followed() -> None:
    """A property that refers to an earlier object shows that object."""
    assert summarise_job(f's:1:"a";{PRODUCT}s:7:"product";r:2;', 2) == "sku A-1042"


def test_configured_paths_replace_the_default() -> None:
    """Given paths are shown in their order, the first alternative that exists each time."""
    properties = 's:5:"order";a:1:{s:2:"no";i:5;}s:4:"user";a:1:{s:2:"id";i:9;}'
    assert summarise_job(properties, 2, "user.email|user.id", "order.no") == "user 9 no 5"


def test_without_a_match_the_first_own_properties_are_shown() -> None:
    """The job's own scalars appear, three at most, and the framework's properties do not."""
    properties = 's:5:"tries";i:3;s:6:"userId";i:1;s:1:"a";b:1;s:4:"list";a:0:{}s:1:"c";d:1.5;s:1:"d";i:4;'
    assert summarise_job(properties, 6) == "userId 1 a yes c 1.5"


def test_a_long_value_is_shortened() -> None:
    """One value cannot fill the column."""
    assert len(summarise_job(f's:3:"sku";s:500:"{"x" * 500}";', 1)) < 80


def test_a_command_that_is_no_object_has_no_summary() -> None:
    """A scalar command gives an empty line."""
    assert summarise(read_php("i:5;")) == ""
