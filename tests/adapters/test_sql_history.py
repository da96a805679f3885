"""How the history lies in its rows."""

import numpy as np
import sqlalchemy as sa

from observatory.adapters.sql import SqlHistory
from observatory.adapters.sql.schema import history_blocks
from observatory.measurement import FIELDS, Buckets

HOUR = 1_774_746_000


def ones(ends, slos):
    fields = {name: np.ones((len(ends), len(slos))) for name in FIELDS}
    return Buckets(seconds=60, ends=np.array(ends), slos=slos, **fields)


def numbers(engine):
    with engine.connect() as connection:
        return connection.scalars(sa.select(history_blocks.c.number).order_by(history_blocks.c.number)).all()


def test_a_full_hour_of_ticks_becomes_one_row(engine):
    history, rows = SqlHistory(engine), []
    for minute in range(1, 62):
        history.save(ones([HOUR + 60 * minute], ("a/x",)))
        rows.append(len(numbers(engine)))
    assert rows == [*range(1, 60), 1, 2]


def test_a_newcomers_backfill_rewrites_nobodys_rows(engine):
    history, hours = SqlHistory(engine), range(HOUR + 60, HOUR + 3 * 3600 + 60, 60)
    history.save(ones(hours, ("a/x",)))
    before = numbers(engine)
    history.save(ones(hours, ("b/x",)))
    assert (len(before), numbers(engine)[:3]) == (3, before)
    assert len(numbers(engine)) == 6
