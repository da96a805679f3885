"""kill -9 in the middle of writing: what was committed is there, whole and once."""

import random
import signal
import subprocess
import sys
from threading import Timer

import numpy as np
import pytest

from observatory.adapters.sql import SqlHistory, create_engine, migrate
from observatory.measurement import FIELDS, Buckets

ROUNDS = 6
SLOS = tuple(f"service-{number:03}/availability" for number in range(200))
START = 1_774_745_940


def tick(end):
    own = np.arange(len(SLOS), dtype=np.float64).reshape(1, -1)
    fields = {name: own + end % 1000 + position for position, name in enumerate(FIELDS)}
    return Buckets(seconds=60, ends=np.array([end]), slos=SLOS, **fields)


def append_for_ever(url, end):
    """The child: one tick after the other, and a line for each that was committed."""
    history = SqlHistory(create_engine(url))
    while True:
        history.save(tick(end))
        print(end, flush=True)  # noqa: T201 - the parent reads it
        end += 60


def reported_until_killed(url, end, *, ticks, delay):
    """Run the child, kill it some seconds after so many ticks, and return the ends it reported as committed."""
    child = subprocess.Popen([sys.executable, __file__, url, str(end)], stdout=subprocess.PIPE, text=True)
    with child:
        reported = [child.stdout.readline() for _ in range(ticks)]
        Timer(delay, child.kill).start()
        reported += child.stdout
    assert child.returncode == -signal.SIGKILL
    return [int(line) for line in reported if line.endswith("\n")]


@pytest.mark.slow
def test_no_committed_bucket_is_lost_and_none_is_doubled(database_url):
    chance = random.Random(7)  # noqa: S311 - picks moments, not secrets
    engine = create_engine(database_url)
    migrate(engine)
    history, end, reported = SqlHistory(engine), START + 60, []
    for _ in range(ROUNDS):
        ticks, delay = chance.randrange(40, 100), chance.uniform(0, 0.03)
        reported += reported_until_killed(database_url, end, ticks=ticks, delay=delay)
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


if __name__ == "__main__":
    append_for_ever(sys.argv[1], int(sys.argv[2]))
