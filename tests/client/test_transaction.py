"""Jobs that exist if and only if the caller's own rows do."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from queuetui.client import Queue
from queuetui.model.errors import Unsupported

BUSINESS = sa.Table("business", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True))


@pytest.mark.parametrize("kept", [True, False])
def test_a_job_joins_the_callers_transaction(queue: Queue, queue_url: str, kept: bool) -> None:
    """A job enqueued with `connection` is committed and rolled back with the caller's row."""
    if queue_url.startswith(("memory", "redis", "unix")):
        with pytest.raises(Unsupported, match="transaction"):
            queue.enqueue("Send", connection=object())  # type: ignore[arg-type]  # these stores look at none
        return
    url = queue_url.replace("postgresql://", "postgresql+psycopg://").replace("mysql://", "mysql+pymysql://")
    engine = sa.create_engine(url)
    BUSINESS.create(engine)
    with engine.connect() as connection, connection.begin() as transaction:
        connection.execute(BUSINESS.insert().values(id=1))
        job = queue.enqueue("Send", connection=connection)
        if not kept:
            transaction.rollback()
    with engine.connect() as connection:
        rows = len(connection.execute(sa.select(BUSINESS)).all())
    engine.dispose()
    stored = [one.id for one in queue.recent()]
    assert (rows, stored) == ((1, [job.id]) if kept else (0, []))
