"""The data column's line, from configured paths or from a job's own properties."""

from __future__ import annotations

import pytest

from queuetui.backends.payloads.laravel_payload import read_payload
from queuetui.backends.payloads.laravel_summary import summarise
from queuetui.backends.payloads.php_serialized import read_php

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


def test_a_command_that_is_no_object_is_shown_as_it_is() -> None:
    """A scalar stands alone; nothing gives an empty line."""
    assert summarise(read_php("i:5;")) == "5"
    assert summarise(read_php("N;")) == ""


DTO = 'O:12:"App\\Dto\\Line":2:{s:3:"sku";s:6:"A-1042";s:3:"qty";i:2;}'
EVENT = f'O:21:"App\\Events\\StockMoved":4:{{s:4:"line";{DTO}s:4:"left";i:0;s:6:"socket";N;s:14:"broadcastQueue";s:4:"slow";}}'
MAIL = (
    'O:18:"App\\Mail\\OrderMail":6:{s:7:"orderNo";s:4:"S-77";s:6:"locale";s:2:"de";s:4:"from";a:0:{}'
    's:2:"to";a:1:{i:0;a:2:{s:4:"name";N;s:7:"address";s:14:"a@shop.example";}}s:7:"subject";N;s:5:"queue";s:4:"mail";}'
)
USERS = (
    'O:45:"Illuminate\\Contracts\\Database\\ModelIdentifier":4:{s:5:"class";s:8:"App\\User";'
    's:2:"id";a:2:{i:0;i:9;i:1;i:4;}s:9:"relations";a:0:{}s:10:"connection";s:5:"mysql";}'
)
COLLECTION = (
    f'O:29:"Illuminate\\Support\\Collection":2:{{s:8:"\0*\0items";a:2:{{i:0;{DTO}i:1;{DTO}}}'
    's:28:"\0*\0escapeWhenCastingToString";b:0;}'
)
NOTIFICATION = 'O:21:"App\\Notifications\\Low":3:{s:4:"left";i:2;s:2:"id";s:5:"9f-8e";s:6:"locale";N;}'
ELOQUENT = 'O:9:"App\\Order":3:{s:8:"\0*\0table";s:6:"orders";s:13:"\0*\0attributes";a:1:{s:2:"no";i:5;}s:11:"\0*\0original";a:0:{}}'
DATE = (
    'O:25:"Illuminate\\Support\\Carbon":3:{s:4:"date";s:26:"2026-01-02 03:04:05.000000";'
    's:13:"timezone_type";i:3;s:8:"timezone";s:3:"UTC";}'
)

SPAN = 'O:12:"DateInterval":8:{s:1:"y";i:0;s:1:"m";i:2;s:1:"d";i:1;s:1:"h";i:0;s:1:"i";i:5;s:1:"s";i:0;s:1:"f";d:0;s:6:"invert";i:1;}'


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        (f'O:5:"App\\S":1:{{s:4:"wait";{SPAN}}}', "wait -P2M1DT5M"),
        (
            f'O:36:"Illuminate\\Events\\CallQueuedListener":4:{{s:5:"class";s:5:"App\\A";s:6:"method";s:6:"handle";s:4:"data";a:1:{{i:0;{EVENT}}}s:5:"tries";i:3;}}',
            "line.sku A-1042 line.qty 2 left 0",
        ),
        (
            'O:36:"Illuminate\\Events\\CallQueuedListener":1:{s:4:"data";a:2:{i:0;s:13:"order.shipped";i:1;a:1:{s:2:"no";s:3:"A-1";}}}',
            "order.shipped no A-1",
        ),
        (
            'O:36:"Illuminate\\Events\\CallQueuedListener":2:{s:5:"class";s:5:"App\\A";s:6:"method";s:6:"handle";}',
            "class App\\A method handle",
        ),
        (
            f'O:38:"Illuminate\\Broadcasting\\BroadcastEvent":2:{{s:5:"event";{EVENT}s:5:"tries";N;}}',
            "line.sku A-1042 line.qty 2 left 0",
        ),
        (
            f'O:34:"Illuminate\\Mail\\SendQueuedMailable":2:{{s:8:"mailable";{MAIL}s:5:"tries";N;}}',
            "orderNo S-77 to 1: address a@shop.example",
        ),
        (
            f'O:48:"Illuminate\\Notifications\\SendQueuedNotifications":3:{{s:11:"notifiables";{USERS}s:12:"notification";{NOTIFICATION}s:8:"channels";a:0:{{}}}}',
            "left 2 notifiables 2: 9",
        ),
        (f'O:3:"Job":1:{{s:3:"dto";{DTO}}}', "dto.sku A-1042 dto.qty 2"),
        (f'O:3:"Job":2:{{s:5:"lines";{COLLECTION}s:2:"at";{DATE}}}', "lines 2: sku A-1042 at 2026-01-02 03:04:05"),
        ('O:3:"Job":1:{s:4:"skus";a:2:{i:0;s:2:"A1";i:1;s:2:"A2";}}', "skus 2: A1"),
        (f'O:3:"Job":1:{{s:5:"order";{ELOQUENT}}}', "order.no 5"),
        ('O:3:"Job":1:{s:4:"self";a:1:{s:4:"self";R:1;}}', ""),
    ],
)
def test_what_a_job_carries_is_shown(command: str, shown: str) -> None:
    """A listener shows its event, a mail and a broadcast their own values, and objects and lists what they hold."""
    assert summarise(read_php(command)) == shown


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        ('{"sku":"A-1042","qty":2}', "sku A-1042"),
        ('{"order":{"no":"S-1","lines":[{"ean":"1"},{"ean":"2"}]}}', "order.no S-1 order.lines 2: ean 1"),
        ('["A-1","A-2"]', "A-1 A-2"),
        ('"rebuild"', "rebuild"),
        ("[]", ""),
        ("null", None),
    ],
)
def test_a_job_named_by_class_and_method_shows_its_plain_data(data: str, shown: str | None) -> None:
    """Where the payload holds no command, its data is what the job was given."""
    payload = read_payload(f'{{"displayName":"Old","job":"App\\\\Old@run","data":{data}}}')
    subject = payload.subject
    assert (None if subject is None else summarise(subject)) == shown
