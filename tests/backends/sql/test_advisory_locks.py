"""Advisory locks of PostgreSQL are seen from other sessions, and taken by one transaction at a time."""

from __future__ import annotations

from sqlalchemy import create_engine, literal, select

from queuetui.backends.sql.advisory_locks import is_held, md5_number, take

# By PostgreSQL itself: ('x' || substr(md5('good_jobs-7'), 1, 16))::bit(64)::bigint.
NUMBER = "select ('x' || substr(md5('good_jobs-7'), 1, 16))::bit(64)::bigint"


def test_a_number_is_held_by_one_session(postgres_url: str) -> None:
    """Another session sees who has a number, and gets no row for it until the transaction of the first ends."""
    engine = create_engine(postgres_url.replace("postgresql://", "postgresql+psycopg://"))
    number = md5_number(literal("good_jobs-7"))
    with engine.connect() as one, engine.connect() as other:
        assert other.scalar(select(number)) == other.exec_driver_sql(NUMBER).scalar()
        assert one.execute(take(number)).all() == [(1,)]
        assert [each.scalar(select(is_held(number))) for each in (one, other)] == [False, True]
        assert other.execute(take(number)).all() == []
        one.rollback()
        assert other.scalar(select(is_held(number))) is False
        assert other.execute(take(number)).all() == [(1,)]
    engine.dispose()
