"""Arrays and copied lines as PostgreSQL reads them.

The driver sends a text unchanged, whereas it would inspect each value of a list.
"""

from __future__ import annotations

from collections.abc import Iterable

from queuetui.backends.native.sql.worker.new_rows import NewRow

NULL = "NULL"
_COPY_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def plain_array(values: Iterable[str | int | None]) -> str:
    """Return an array of ids, numbers or truths: nothing in them needs quotes."""
    return _array(NULL if value is None else str(value) for value in values)


def text_array(values: Iterable[str | None]) -> str:
    """Return an array of any texts."""
    return _array(NULL if value is None else _quoted(value) for value in values)


def bytes_array(values: Iterable[bytes | None]) -> str:
    """Return an array of byte strings."""
    return _array(NULL if value is None else f'"\\\\x{value.hex()}"' for value in values)


def copy_lines(rows: Iterable[NewRow]) -> str:
    """Return the lines of plain jobs for `copy_jobs`."""
    escaped: dict[str | None, str] = {}
    lines = []
    for job_id, queue, job_type, _, priority, _, _, max_attempts, correlation_id, _, _, _, _, context, payload in rows:
        for text in (queue, job_type, context):
            if text not in escaped:
                escaped[text] = _escaped(text)
        correlated = job_id if correlation_id == job_id else _escaped(correlation_id)
        lines.append(
            f"{job_id}\t{escaped[queue]}\t{escaped[job_type]}\t{priority}\t{max_attempts}\t{correlated}\t{escaped[context]}"
            f"\t\\\\x{payload.hex()}\n"
        )
    return "".join(lines)


def _escaped(text: str | None) -> str:
    return "\\N" if text is None else text.translate(_COPY_ESCAPES)


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _array(elements: Iterable[str]) -> str:
    return f"{{{','.join(elements)}}}"
