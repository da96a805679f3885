"""A process that appends to a history until it is killed."""

from multiprocessing.connection import Connection

import numpy as np

from observatory.adapters.sql import SqlHistory, create_engine
from observatory.measurement import FIELDS, Buckets

SLOS = tuple(f"service-{number:03}/availability" for number in range(200))


def tick(end: int) -> Buckets:
    """A minute of every SLO, no two of which are alike."""
    own = np.arange(len(SLOS), dtype=np.float64).reshape(1, -1)
    fields = {name: own + end % 1000 + position for position, name in enumerate(FIELDS)}
    return Buckets(seconds=60, ends=np.array([end]), slos=SLOS, **fields)


def append_for_ever(url: str, end: int, committed: Connection) -> None:
    """One tick after the other; the end of each goes to `committed` when it was."""
    history = SqlHistory(create_engine(url))
    while True:
        history.save(tick(end))
        committed.send(end)
        end += 60
