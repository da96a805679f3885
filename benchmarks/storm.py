"""500 incidents at once: `PYTHONPATH=tests python benchmarks/storm.py [DATABASE_URL]` (SQLite in a temporary folder if none).

They fall on 60 channels as incidents do, most of them on a few; one in five is a page. Delivered by the product's own
rounds to a development Slack in another process that enforces Slack's pace (a burst of 3, then one message a second and
channel, 429 for more). Printed is how long people waited, and how much of that is not their own channel's pace.
"""

import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import httpx2
import numpy as np
from support.slack import a_delivery, an_incident

from observatory.adapters.slack import SlackMessenger
from observatory.adapters.sql import SqlAlerts, create_engine, migrate
from observatory.alerting import Priority
from observatory.application.deliver import Deliver, Round
from observatory.application.delivery import Delivery, DeliveryState
from observatory.application.vitals import Vitals
from observatory.bootstrap import system_clock
from observatory.bootstrap.product import SENDERS
from observatory.catalog import Catalog
from observatory.entrypoints.log import set_up_log
from observatory.entrypoints.scheduler import Rounds
from observatory.outputs.message import Message

INCIDENTS, CHANNELS, PAGES = 500, 60, 0.2
_SERVE = (
    "from observatory.sandbox.slack import serve; serve(port=0, ready=lambda url: print(url, flush=True))"
)
_UNSETTLED = {DeliveryState.PENDING, DeliveryState.SENDING, DeliveryState.AMBIGUOUS}


@contextmanager
def slack(channels: Sequence[str]) -> Iterator[str]:
    """A development Slack of its own process; its address."""
    with subprocess.Popen([sys.executable, "-c", _SERVE], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None  # noqa: S101 - tells mypy
            url = process.stdout.readline().strip()
            for channel in channels:
                body = {"id": channel, "name": channel.lower()}
                httpx2.post(f"{url}/admin/channels", json=body).raise_for_status()
            yield url
        finally:
            process.kill()


def storm(incidents: int, channels: Sequence[str], *, now: datetime) -> list[Delivery]:
    """Roots of incidents on channels by Zipf's law, every one due now; the order they open in is by chance."""
    chance = np.random.default_rng(7)
    weights = 1 / np.arange(1, len(channels) + 1)
    where = chance.choice(len(channels), incidents, p=weights / weights.sum())
    page = chance.random(incidents) < PAGES
    return [
        a_delivery(
            incident=f"i{number:04d}",
            destination=channels[where[number]],
            priority=Priority.PAGE if page[number] else Priority.TICKET,
            message=Message(f"{'page' if page[number] else 'ticket'} {number}"),
            not_before=now,
            deadline=now + timedelta(minutes=2 if page[number] else 60),
        )
        for number in range(incidents)
    ]


def deliver(store: SqlAlerts, url: str) -> Counter[str]:
    """Deliver until nothing is left, as the scheduler does; Slack's refusals by code."""
    told = Deliver(
        store,
        SlackMessenger("xoxb-storm", base_url=f"{url}/api/"),
        system_clock(),
        Catalog,
        ThreadPoolExecutor(SENDERS),
        "storm",
        capacity=SENDERS,
    )
    refused: Counter[str] = Counter()

    def one_round() -> Round:
        done = told()
        for (_, code), count in done.refusals.items():
            refused[code] += count
        return done

    rounds = Rounds(one_round, Vitals(), system_clock())  # type: ignore[arg-type]  # all that it calls
    while any(row.state in _UNSETTLED for row in store.deliveries(limit=10_000)):
        rounds()
        time.sleep(0.25)
    return refused


def waits(rows: Sequence[Delivery]) -> Mapping[bool, np.ndarray]:
    """By "is a page": for each message seconds waited in all, and beyond its channel's pace of one a second."""
    lanes: dict[str, list[Delivery]] = defaultdict(list)
    for row in rows:
        if row.state is DeliveryState.SENT:
            lanes[row.notification.destination].append(row)
    found: dict[bool, list[tuple[float, float]]] = {True: [], False: []}
    for lane in lanes.values():
        for place, row in enumerate(sorted(lane, key=lambda one: one.sent_at)):  # type: ignore[arg-type,return-value]  # SENT has one
            wait = (row.sent_at - row.notification.not_before).total_seconds()  # type: ignore[operator]  # as above
            found[row.notification.priority == Priority.PAGE].append((wait, max(0.0, wait - place)))
    return {kind: np.array(pairs) for kind, pairs in found.items()}


def out_of_order(rows: Sequence[Delivery]) -> int:
    """Pages of a channel that came after one of its tickets."""
    first_ticket: dict[str, datetime] = {}
    sent = sorted((row for row in rows if row.sent_at), key=lambda row: row.sent_at)  # type: ignore[arg-type,return-value]  # filtered
    late = 0
    for row in sent:
        if row.notification.priority == Priority.PAGE:
            late += row.notification.destination in first_ticket
        else:
            first_ticket.setdefault(row.notification.destination, row.sent_at)  # type: ignore[arg-type]  # filtered
    return late


def main(database: str | None) -> None:
    set_up_log()
    channels = [f"C{number:08d}" for number in range(CHANNELS)]
    with tempfile.TemporaryDirectory() as folder, slack(channels) as url:
        engine = create_engine(database or f"sqlite:///{folder}/storm.db")
        migrate(engine)
        store = SqlAlerts(engine)
        now = datetime.now(UTC)  # noqa: TID251 - a measurement
        queued = storm(INCIDENTS, channels, now=now)
        opened = [an_incident(one.notification.incident, opened_at=now, updated_at=now) for one in queued]
        began = time.perf_counter()
        store.record(opened, queued)
        recorded = time.perf_counter() - began
        refused = deliver(store, url)
        seconds = time.perf_counter() - began
        posted = sum(len(httpx2.get(f"{url}/admin/channels/{one}/messages").json()) for one in channels)
        rows = store.deliveries(limit=10_000)
    pages = Counter(one.notification.destination for one in queued if one.notification.priority == 0)
    biggest = Counter(one.notification.destination for one in queued).most_common(1)[0][1]
    print(
        f"{INCIDENTS} incidents on {CHANNELS} channels, {sum(pages.values())} of them pages; the busiest channel has"
        f" {biggest}, with at most {max(pages.values())} pages in one.\n"
        f"Recorded in {recorded:.2f} s; all told after {seconds:.1f} s in {posted} messages"
        f" ({sum(row.state is DeliveryState.DIGESTED for row in rows)} incidents in digests)."
        f" Answers 429: {sum(refused.values())}. Pages after a ticket of their channel: {out_of_order(rows)}."
    )
    print(
        "\n| | n | p50 s | p99 s | max s | beyond the channel's pace: p50 | p99 | max |\n| --- |"
        + " --- |" * 7
    )
    for is_page, found in waits(rows).items():
        if len(found):
            whole, beyond = (np.percentile(found[:, column], (50, 99, 100)) for column in (0, 1))
            figures = " | ".join(f"{value:.2f}" for value in (*whole, *beyond))
            print(f"| {'pages' if is_page else 'tickets'} | {len(found)} | {figures} |")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else None)
