"""Advisory locks of PostgreSQL: who holds a number, and how a transaction takes it."""

from __future__ import annotations

from sqlalchemy import BigInteger, ColumnElement, Integer, Select, cast, column, func, literal, select, table
from sqlalchemy.dialects.postgresql import BIT

_PARTS = ("locktype", "database", "classid", "objid", "objsubid", "pid")
# The hash of 64 bits that a number is made of.
_DIGITS = 16


def md5_number(text: ColumnElement[str]) -> ColumnElement[int]:
    """Return the number that the first half of a text's MD5 is."""
    digits = func.substr(func.md5(text), 1, _DIGITS)
    return cast(cast(literal("x").op("||")(digits), BIT(64)), BigInteger)


def is_held(number: ColumnElement[int]) -> ColumnElement[bool]:
    """Return the condition that another session of this server holds a number in this database."""
    locks = table("pg_locks", *map(column, _PARTS)).c
    database = table("pg_database", column("oid"), column("datname")).c
    here = select(database.oid).where(database.datname == func.current_database()).scalar_subquery()
    high = cast(locks.classid, BigInteger).op("<<")(cast(literal(32), Integer))
    is_its = high.op("|")(cast(locks.objid, BigInteger)) == number
    at = (locks.locktype == "advisory", locks.objsubid == 1, locks.database == here, locks.pid != func.pg_backend_pid())
    return select(literal(1)).where(*at, is_its).exists()


def take(number: ColumnElement[int]) -> Select[int]:
    """Return the statement that takes a number until the transaction ends.

    It answers no row where another transaction holds the number.
    """
    return select(literal(1)).where(func.pg_try_advisory_xact_lock(number))
