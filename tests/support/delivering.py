"""A process that delivers until it is killed."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta

from observatory.adapters.clock import SystemClock
from observatory.adapters.slack import SlackMessenger
from observatory.adapters.sql import SqlAlerts, create_engine
from observatory.application.deliver import Deliver
from observatory.catalog import Catalog
from observatory.errors import Unavailable

LEASE = timedelta(seconds=2)


def deliver_for_ever(database: str, slack: str, worker: str) -> None:
    """`database` and `slack` are their URLs."""
    deliver = Deliver(
        SqlAlerts(create_engine(database)),
        SlackMessenger("xoxb-test", base_url=slack),
        SystemClock(),
        Catalog,
        ThreadPoolExecutor(8),
        worker,
        lease=LEASE,
        patience=timedelta(milliseconds=100),
    )
    while True:
        with suppress(Unavailable):  # the database ends a transaction that stood still for too long
            for crash in deliver().crashes:
                raise crash
        time.sleep(0.05)
