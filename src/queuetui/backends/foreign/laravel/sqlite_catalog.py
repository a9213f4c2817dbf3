"""What tables an SQLite file has, asked of the driver alone.

Most files hold no Laravel queue, and nothing else is loaded for these.
"""

from __future__ import annotations

from contextlib import closing

from queuetui.backends.foreign.laravel.table_sets import FAILED_COLUMNS, JOBS_COLUMNS
from queuetui.backends.sql.driver_errors import translated
from queuetui.backends.sql.sqlite_address import is_file, read_address
from queuetui.backends.sql.sqlite_file import open_file

_COLUMNS = "SELECT one.name, info.name FROM sqlite_master one JOIN pragma_table_info(one.name) info"
_BUSY_S = 1.0


def may_hold_queue(url: str) -> bool:
    """Tell whether any table has the columns of Laravel's jobs, or of its failed ones.

    Of a file that is not there, leave it to others.
    """
    path = read_address(url).path
    if not is_file(path):
        return True
    columns: dict[str, set[str]] = {}
    with translated("looking for Laravel's tables"), closing(open_file(path, "ro", timeout=_BUSY_S)) as connection:
        for table, column in connection.execute(_COLUMNS):
            columns.setdefault(table, set()).add(column.lower())
    return any(found >= JOBS_COLUMNS or found >= FAILED_COLUMNS for found in columns.values())
