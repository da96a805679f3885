"""kill -9 in the middle of writing: what was committed is there, whole and once."""

import random
import signal
from collections.abc import Iterator
from multiprocessing import Pipe
from threading import Timer

import numpy as np
import pytest
from support import forked
from support.appending import append_for_ever, tick

from observatory.adapters.sql import SqlHistory, create_engine, migrate
from observatory.measurement import FIELDS

ROUNDS = 6
START = 1_774_745_940


def committed_until_killed(url, end, *, ticks, delay):
    """Run the child, kill it some seconds after so many ticks, and return the ends it reported as committed."""
    ours, its = Pipe(duplex=False)
    with forked.running(append_for_ever, url, end, its) as child:
        its.close()
        reported = [ours.recv() for _ in range(ticks)]
        Timer(delay, child.kill).start()
        reported += left(ours)
        child.join()
    assert child.exitcode == -signal.SIGKILL
    return reported


def left(connection) -> Iterator[int]:
    """What was whole when the other side died."""
    while True:
        try:
            yield connection.recv()
        except (EOFError, OSError):
            return


@pytest.mark.slow
def test_no_committed_bucket_is_lost_and_none_is_doubled(database_url):
    chance = random.Random(7)  # noqa: S311 - picks moments, not secrets
    engine = create_engine(database_url)
    migrate(engine)
    history, end, reported = SqlHistory(engine), START + 60, []
    for _ in range(ROUNDS):
        ticks, delay = chance.randrange(40, 100), chance.uniform(0, 0.03)
        reported += committed_until_killed(database_url, end, ticks=ticks, delay=delay)
        found = history.load(seconds=60, after=START, until=START + 10**8)
        ends = found.ends.tolist()
        assert ends == [START + 60 * number for number in range(1, len(ends) + 1)]  # none lost, none torn
        assert len(ends) - len(reported) in range(ROUNDS + 1)  # at most one a round committed, not reported
        assert set(reported) <= set(ends)
        for name in FIELDS:
            whole = np.concatenate([getattr(tick(each), name) for each in ends])
            np.testing.assert_array_equal(getattr(found, name), whole)
        end = ends[-1] + 60
    engine.dispose()
