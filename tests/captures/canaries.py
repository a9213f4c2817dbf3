"""Bytes that do harm to who evaluates them, and more to who reads them without bounds."""

from __future__ import annotations

import base64
import bz2
import gzip
import json
import lzma
import zlib

# So much comes out of a few bytes: more than is read of any payload.
_BOMB_BYTES = 12 * 1024 * 1024
_DEEP = 20_000
# What runs makes a file of this name in the folder that it is run in.
FILE = "canary"
# os.system("touch canary"), as protocols 0 and 4 of pickle write the call.
_PICKLE_0 = b"cos\nsystem\n(S'touch canary'\ntR."
_PICKLE_4 = b"\x80\x04\x95\x28\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x8c\x06system\x93\x8c\x0ctouch canary\x85R."
_PICKLE_64 = base64.b64encode(_PICKLE_4)
_SIGNED = _PICKLE_64.rstrip(b"=") + b":1xUzQ6:" + b"x" * 43
_PHP = b'O:6:"Canary":2:{s:4:"file";s:6:"canary";s:8:"callback";s:12:"touch canary";}'
_RUBY = b"--- !ruby/object:Gem::Requirement\nrequirements: !ruby/object:Gem::DependencyList\n  specs: [touch canary]\n"
_ZIPPED = zlib.compress(b"[" + b"1," * (_BOMB_BYTES // 2) + b"1]")
_NESTED = base64.b64encode(zlib.compress(base64.b64encode(zlib.compress(base64.b64encode(_PICKLE_4)))))
# A message of Celery or Kombu whose body is a pickle.
_MESSAGE = json.dumps(
    {
        "body": _PICKLE_64.decode(),
        "content-type": "application/x-python-serialize",
        "content-encoding": "binary",
        "headers": {"id": FILE, "task": "os.system", "lang": "py"},
        "properties": {"body_encoding": "base64", "delivery_info": {"exchange": "", "routing_key": "celery"}},
    }
).encode()


def _wrapped(raw: bytes, times: int) -> bytes:
    for _ in range(times):
        raw = base64.b64encode(raw)
    return raw


BYTES = (
    _PICKLE_0,
    _PICKLE_4,
    _PICKLE_4[:-7],
    b"\x80\x04" + b"]" * _DEEP + b"a" * (_DEEP - 1) + b".",
    b"\x80\x04\x8c\x01a\x94" + b"\x86\x94h\x01" * 60 + b".",
    _PHP.replace(b"Canary", b"Can\0ry"),
    b"\x04\bo:\x15Gem::Requirement\x06:\n@foo[\x06I'\x11touch canary\x06:\x06ET",
    b"\x83h\x02d\x00\x02osk\x00\x0ctouch canary",
    b"\x83P\x7f\xff\xff\xff" + zlib.compress(b"l" * _BOMB_BYTES),
    b"\x83l\xff\xff\xff\xffa\x01j",
    b"\xdd\xff\xff\xff\xff\x01",
    b"\x91" * _DEEP + b"\xc0",
    _ZIPPED,
    _ZIPPED[:-100],
    gzip.compress(b"\0" * _BOMB_BYTES),
    bz2.compress(b"\0" * _BOMB_BYTES),
    lzma.compress(b"\0" * _BOMB_BYTES),
    b"\xff\xfe\x00\xc3\x28",
    b"",
)  # fmt: skip
TEXTS = (
    _PICKLE_0,
    _PICKLE_64,
    _SIGNED,
    b"." + base64.urlsafe_b64encode(_ZIPPED).rstrip(b"=") + b":1xUzQ6:" + b"x" * 43,
    _PHP,
    b"a:2000000000:{i:0;i:1;",
    b"a:1:{i:0;" * _DEEP + b"N;" + b"}" * _DEEP,
    _RUBY,
    b'a: &a ["x","x"]\nb: &b [*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b]\nd: [*c,*c,*c,*c]\n',
    base64.b64encode(_ZIPPED),
    _NESTED,
    _wrapped(_PICKLE_4, 12),
    b"[" * _DEEP,
    b'{"a":' * _DEEP + b"1" + b"}" * _DEEP,
    b'{"function": "os.system", "args": ["touch canary"], "a": ' + b"9" * 6_000 + b"}",
    b'{"a": 1e999, "b": NaN, "c": "\\ud800", "d": "\\u0000"}',
    b'{"job": "Canary", "data": {"command": "O:6:\\"Canary\\":1:{s:4:',
    _MESSAGE,
    "\u202e\u0007\x1b[2J\N{SNOWMAN}".encode(),
    b"",
)
# What a column of JSON takes.
JSONS = (
    b"null",
    b"[]",
    b'"touch canary"',
    b"[" * 500 + b"]" * 500,
    json.dumps({"__proto__": {"x": 1}, "py/object": "os.system", "args": ["touch canary"]}).encode(),
    json.dumps([_PHP.decode(), _PICKLE_64.decode(), _RUBY.decode()]).encode(),
    json.dumps({"a": base64.b64encode(_ZIPPED).decode()}).encode(),
    b'{"a": ' + b"9" * 6_000 + b"}",
    b'{"exc_type": [1], "exc_message": {"a": {}}, "result": {"error": 5}, "errors": [[]]}',
    b'[{"at": 5, "error": {}, "attempt": "x"}, 7, null]',
)
