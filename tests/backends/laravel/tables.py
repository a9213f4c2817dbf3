"""Laravel's tables as statements make them, and rows for them."""

from __future__ import annotations

JOBS_TABLE = (
    "CREATE TABLE {name} (id integer primary key autoincrement, queue varchar not null, payload text not null, attempts integer"
    " not null, reserved_at integer, available_at integer not null, created_at integer not null);"
)


FAILED_TABLE = (
    "CREATE TABLE {name} (id integer primary key autoincrement, connection text not null, queue text not null,"
    " payload text not null, exception text not null, failed_at datetime not null);"
)


FILL = (
    "INSERT INTO jobs (queue, payload, attempts, reserved_at, available_at, created_at) "
    "WITH digits(i) AS (SELECT 0 UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5 "
    "UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9) "
    "SELECT CASE WHEN c.i < 2 THEN 'mail' ELSE 'sync' END, '{}', 0, NULL, 1, 1 "
    "FROM digits a, digits b, digits c, digits d, digits e WHERE e.i < 2"
)
