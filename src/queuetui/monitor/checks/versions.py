"""Checks versions of the server, the schema and the workers, and durability."""

from __future__ import annotations

from queuetui.model.access import Access
from queuetui.model.examination import Check, Durability, Examination, Finding, Level, SchemaFacts
from queuetui.model.text import sanitize
from queuetui.monitor.diagnosis.words import command

_NEWER = "install the newer queuetui on this host too"
_KEPT = {
    "A+": "nothing that was acknowledged is lost when the server dies or the power goes, nor at most failovers",
    "A": "nothing that was acknowledged is lost when the server dies or the power goes",
    "B": "the last moments before the server dies or the power goes may be lost",
    "C": "any job may be lost when the server dies or the power goes",
}
_LEVELS = {"A+": Level.OK, "A": Level.OK, "B": Level.WARNING, "C": Level.CRITICAL}
_REDIS = {
    "B": "set appendfsync always, or accept it",
    "C": "set appendonly yes, appendfsync everysec or always, and maxmemory-policy noeviction",
}
_MYSQL = {
    "B": "set innodb_flush_log_at_trx_commit = 1 and sync_binlog = 1, or accept it",
    "C": "start the server with innodb_doublewrite = ON",
}
_SAFER = {
    "PostgreSQL": {
        "B": "set synchronous_commit = on for the server or the database, or accept it",
        "C": "set fsync = on and full_page_writes = on",
    },
    "MySQL": _MYSQL,
    "MariaDB": _MYSQL,
    "Redis": _REDIS,
    "Valkey": _REDIS,
    "memory": {"C": "keep the queue in a file: sqlite:///FILE"},
}


def judge_server(examination: Examination) -> Finding:
    """Report the server's product and version, and judge whether it is supported."""
    version = sanitize(examination.version, 60)
    evidence = {"product": examination.product, "version": version, "oldest": examination.oldest or None}
    if not version:
        return Finding(Check.SERVER, Level.UNKNOWN, "the server does not tell its version", evidence)
    if examination.supported:
        return Finding(Check.SERVER, Level.OK, f"{examination.product} {version}", evidence)
    return Finding(
        Check.SERVER,
        Level.WARNING,
        f"{examination.product} {version} is older than {examination.oldest}, the oldest that is supported",
        evidence,
        f"upgrade to {examination.product} {examination.oldest} or newer",
    )


def judge_schema(schema: SchemaFacts, access: Access) -> Finding:
    """Compare the schema version with the one that this program knows."""
    evidence: dict[str, object] = {"schema": schema.version, "known": schema.ours}
    migrate = command("migrate", way=access.working)
    if schema.version is None:
        return Finding(Check.SCHEMA, Level.CRITICAL, "there is no schema", evidence, f"make it: {migrate}")
    if schema.version > schema.ours:
        story = f"schema {schema.version} is newer than {schema.ours}, the newest this queuetui knows"
        return Finding(Check.SCHEMA, Level.CRITICAL, story, evidence, _NEWER)
    if schema.version < schema.ours:
        story = f"schema {schema.version} is older than {schema.ours}: migrations are to be applied"
        return Finding(Check.SCHEMA, Level.WARNING, story, evidence, f"apply them: {migrate}")
    return Finding(Check.SCHEMA, Level.OK, f"schema {schema.version} is up to date", evidence)


def judge_protocol(schema: SchemaFacts) -> Finding:
    """Judge whether workers and clients of this version may use the queue."""
    evidence: dict[str, object] = {
        "minimum_client": schema.minimum_client,
        "client": schema.our_level,
        "protocol": schema.protocol,
        "known_protocol": schema.our_protocol,
    }
    if schema.minimum_client > schema.our_level:
        story = f"the queue wants clients of level {schema.minimum_client} and this one is of level {schema.our_level}"
        return Finding(Check.PROTOCOL, Level.CRITICAL, story, evidence, _NEWER)
    if schema.protocol != schema.our_protocol:
        story = (
            f"the queue speaks protocol {schema.protocol} and this one {schema.our_protocol}: its workers get no lease"
        )
        return Finding(Check.PROTOCOL, Level.CRITICAL, story, evidence, _NEWER)
    return Finding(Check.PROTOCOL, Level.OK, "clients and workers of this version may use the queue", evidence)


def judge_durability(product: str, durability: Durability) -> Finding:
    """Report the grade of durability, what a crash may lose, and the settings that would raise it."""
    settings = {name: sanitize(value, 60) for name, value in durability.settings.items()}
    evidence: dict[str, object] = {"grade": durability.shown or None, **settings}
    if durability.grade not in _KEPT:
        story = "the server does not tell how safe a commit is"
        return Finding(Check.DURABILITY, Level.UNKNOWN, story, evidence, "allow this user to read its settings")
    step = _SAFER.get(product, {}).get(durability.grade, "")
    story = f"grade {durability.shown}: {_KEPT[durability.grade]}"
    if durability.failover_loses:
        story += "; a failover may lose what its replicas have not got yet"
    return Finding(Check.DURABILITY, _LEVELS[durability.grade], story, evidence, step)
