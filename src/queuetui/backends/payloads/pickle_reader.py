"""Reads pickles without unpickling: walks their opcodes and builds inert nodes; classes are names."""

from __future__ import annotations

import pickletools
from collections.abc import Callable
from typing import Any

from queuetui.backends.payloads.decoder import Caps, Reader, Undecodable
from queuetui.backends.payloads.inert_values import Made, Named, Pairs, to_json

_OPCODES_AN_ITEM = 4
_LITERALS = {
    "NONE": None, "NEWTRUE": True, "NEWFALSE": False,
}  # fmt: skip
_ARGUMENTS = frozenset(
    """
    INT BININT BININT1 BININT2 LONG LONG1 LONG4 FLOAT BINFLOAT STRING BINSTRING SHORT_BINSTRING
    BINBYTES SHORT_BINBYTES BINBYTES8 BYTEARRAY8 UNICODE SHORT_BINUNICODE BINUNICODE BINUNICODE8
    """.split()  # noqa: SIM905 - as many quotes would hide the names
)
MARK = object()


class Machine:
    """The stack and memo of one walk."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}

    def run(self, raw: bytes, caps: Caps) -> object:
        """Return the value that a pickle leaves."""
        left = caps.items * _OPCODES_AN_ITEM
        for opcode, argument, _ in pickletools.genops(raw):
            left -= 1
            if left < 0:
                raise Undecodable(f"its pickle has more than {caps.items * _OPCODES_AN_ITEM:,} opcodes")
            if opcode.name == "STOP":
                return self.stack.pop()
            self.step(opcode.name, argument)
        raise Undecodable("its pickle ends without a value")

    def step(self, name: str, argument: Any) -> None:  # noqa: ANN401 - each opcode has its own argument
        """Do what one opcode says."""
        if name in _ARGUMENTS:
            self.stack.append(argument)
        elif name in _LITERALS:
            self.stack.append(_LITERALS[name])
        elif name in _STEPS:
            _STEPS[name](self, argument)
        elif name not in ("PROTO", "FRAME"):
            raise Undecodable(f"its pickle uses {name}, which is not read here")

    def pop_marked(self) -> list[Any]:
        """Take all from the stack that stands above the last mark, and the mark."""
        taken = []
        while (top := self.stack.pop()) is not MARK:
            taken.append(top)
        return taken[::-1]

    def top(self) -> Any:  # noqa: ANN401 - any node
        """Return what stands above all others."""
        top = self.stack[-1]
        if top is MARK:
            raise Undecodable("its pickle is broken")
        return top


def _keep(machine: Machine, place: int) -> None:
    machine.memo[place] = machine.top()


def _fetch(machine: Machine, place: int) -> None:
    machine.stack.append(machine.memo[place])


def _tuple_of(count: int) -> Callable[[Machine, Any], None]:
    def build(machine: Machine, _: object) -> None:
        taken = [machine.stack.pop() for _ in range(count)]
        machine.stack.append(taken[::-1])

    return build


def _extend(machine: Machine, values: list[Any]) -> None:
    target = machine.top()
    if isinstance(target, Made):
        target.items.extend(values)
    elif isinstance(target, list) and not isinstance(target, Pairs):
        target.extend(values)
    else:
        raise Undecodable("its pickle is broken")


def _set_pairs(machine: Machine, flat: list[Any]) -> None:
    target = machine.top()
    pairs = target.pairs if isinstance(target, Made) else target
    if not isinstance(pairs, Pairs) or len(flat) % 2:
        raise Undecodable("its pickle is broken")
    pairs.extend(zip(flat[::2], flat[1::2], strict=True))


def _pop_pair(machine: Machine) -> list[Any]:
    value, key = machine.stack.pop(), machine.stack.pop()
    return [key, value]


def _name(machine: Machine, argument: str) -> None:
    machine.stack.append(Named(argument.replace(" ", ".")))


def _stack_name(machine: Machine, _: object) -> None:
    module, name = _pop_pair(machine)
    machine.stack.append(Named(f"{module}.{name}"))


def _call(machine: Machine, _: object) -> None:
    made, arguments = _pop_pair(machine)
    machine.stack.append(Made(made, arguments))


def _call_with_names(machine: Machine, _: object) -> None:
    named = machine.stack.pop()
    made, arguments = _pop_pair(machine)
    machine.stack.append(Made(made, arguments, state=named))


def _instance(machine: Machine, argument: str) -> None:
    machine.stack.append(Made(Named(argument.replace(" ", ".")), machine.pop_marked()))


def _object(machine: Machine, _: object) -> None:
    made, *arguments = machine.pop_marked()
    machine.stack.append(Made(made, arguments))


def _build(machine: Machine, _: object) -> None:
    state = machine.stack.pop()
    target = machine.top()
    if isinstance(target, Made):
        target.state = state
    else:
        machine.stack[-1] = Made(target, [], state=state)


def _refer(machine: Machine, argument: object) -> None:
    machine.stack.append(Made(Named("persistent id"), [argument]))


def _refer_from_stack(machine: Machine, _: object) -> None:
    _refer(machine, machine.stack.pop())


_STEPS: dict[str, Callable[[Machine, Any], object]] = {
    "MARK": lambda machine, _: machine.stack.append(MARK),
    "POP": lambda machine, _: machine.stack.pop(),
    "POP_MARK": lambda machine, _: machine.pop_marked(),
    "DUP": lambda machine, _: machine.stack.append(machine.top()),
    "PUT": _keep,
    "BINPUT": _keep,
    "LONG_BINPUT": _keep,
    "MEMOIZE": lambda machine, _: _keep(machine, len(machine.memo)),
    "GET": _fetch,
    "BINGET": _fetch,
    "LONG_BINGET": _fetch,
    "EMPTY_LIST": lambda machine, _: machine.stack.append([]),
    "EMPTY_TUPLE": lambda machine, _: machine.stack.append([]),
    "EMPTY_SET": lambda machine, _: machine.stack.append([]),
    "EMPTY_DICT": lambda machine, _: machine.stack.append(Pairs()),
    "LIST": lambda machine, _: machine.stack.append(machine.pop_marked()),
    "TUPLE": lambda machine, _: machine.stack.append(machine.pop_marked()),
    "FROZENSET": lambda machine, _: machine.stack.append(machine.pop_marked()),
    "DICT": lambda machine, _: _set_new_pairs(machine),
    "TUPLE1": _tuple_of(1),
    "TUPLE2": _tuple_of(2),
    "TUPLE3": _tuple_of(3),
    "APPEND": lambda machine, _: _extend(machine, [machine.stack.pop()]),
    "APPENDS": lambda machine, _: _extend(machine, machine.pop_marked()),
    "ADDITEMS": lambda machine, _: _extend(machine, machine.pop_marked()),
    "SETITEM": lambda machine, _: _set_pairs(machine, _pop_pair(machine)),
    "SETITEMS": lambda machine, _: _set_pairs(machine, machine.pop_marked()),
    "GLOBAL": _name,
    "STACK_GLOBAL": _stack_name,
    "REDUCE": _call,
    "NEWOBJ": _call,
    "NEWOBJ_EX": _call_with_names,
    "INST": _instance,
    "OBJ": _object,
    "BUILD": _build,
    "PERSID": _refer,
    "BINPERSID": _refer_from_stack,
}


def _set_new_pairs(machine: Machine) -> None:
    flat = machine.pop_marked()
    machine.stack.append(Pairs())
    _set_pairs(machine, flat)


def read_pickle(raw: bytes, caps: Caps) -> str:
    """Return a pickle's value as JSON text; raises Undecodable for one that is broken, large or deep."""
    try:
        value = Machine().run(raw, caps)
    except (ValueError, IndexError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise Undecodable("its pickle is broken") from error
    if value is MARK:
        raise Undecodable("its pickle is broken")
    return to_json(value, caps)


# Protocols from 2 on say so in their first bytes; older ones end with a full stop and cannot be told from text.
PICKLE = Reader("pickle", lambda raw: raw[:2] in (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05"), read_pickle)
