"""How long a month takes to be replayed, against a tick at each of its minutes.

    PYTHONPATH=tests .venv/bin/python benchmarks/backtest.py          # 12 SLOs
    PYTHONPATH=tests .venv/bin/python benchmarks/backtest.py 100

Counts come out of tables, so that no Prometheus is measured. The other way is what a service does at every tick (sum all
windows, evaluate, decide), done at some of the minutes; the rest is reckoned from these.
"""

import sys
from datetime import UTC, datetime, timedelta
from time import perf_counter

import numpy as np
from support.evaluations import entry
from support.minutes import Minutes
from support.simulated import LAG, START, World

from observatory.alerting import decide_all
from observatory.application.backtest import Backtest
from observatory.application.choosing import Chosen
from observatory.application.past import Past, Span
from observatory.catalog import Catalog
from observatory.evaluation import Provenance, evaluate, windows_for
from observatory.measurement import History, coarser
from observatory.planning import plan

DAYS, LEAD_DAYS, TICKS = 30, 32, 200


def main() -> None:
    """Print both times and their ratio."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 12
    entries = [entry(f"service-{number:04}") for number in range(count)]
    measure = _minutes([one.id for one in entries])
    span = Span(START + LEAD_DAYS * 86_400, START + (LEAD_DAYS + DAYS) * 86_400)
    began = perf_counter()
    (version,) = Backtest(Past(measure, 60), LAG)([Chosen(Catalog(), tuple(entries))], span)
    replayed = perf_counter() - began
    alarms = sum(len(one.alarms) for one in version.replays)
    each = _tick_by_tick(entries, measure, span)
    whole = each * DAYS * 1440
    print(f"{count} SLOs x {DAYS} days, {alarms} alarms: {replayed:.1f} s replayed")
    print(
        f"a tick at each minute: {each * 1000:.1f} ms, {whole:.0f} s in all; {whole / replayed:.0f} times as long"
    )


def _minutes(ids: list[str]) -> Minutes:
    """Each service has one bad hour."""
    bad, total = {}, {}
    for number, slo in enumerate(ids):
        rng = np.random.default_rng(number)
        failed, users = World(3000).minutes((LEAD_DAYS + DAYS) * 1440, rng)
        onset = (LEAD_DAYS + int(rng.integers(DAYS - 1))) * 1440
        failed[onset : onset + 60] = users[onset : onset + 60] // 2
        bad[slo], total[slo] = failed, users
    return Minutes(datetime.fromtimestamp(START, UTC), bad, total)


def _tick_by_tick(entries: list, measure: Minutes, span: Span) -> float:
    """Seconds of one tick, on the mean."""
    history = History(tick=60, longest=timedelta(days=30))
    queries = plan(entries, tick=60)
    for day in range(LEAD_DAYS):
        after = START + day * 86_400
        past = measure(queries, after=after, until=after + 86_400).buckets
        history.append(past if day >= LEAD_DAYS - 4 else coarser(past, 3600))
    windows = windows_for(entries)
    began = perf_counter()
    for number in range(1, TICKS + 1):
        end = span.after + number * 60
        history.append(measure(queries, after=end - 60, until=end).buckets)
        at = datetime.fromtimestamp(end, UTC)
        evaluation = evaluate(entries, history.sums(windows, now=end), Provenance(at, at))
        decide_all((), evaluation, now=at, complete=True)
    return (perf_counter() - began) / TICKS


if __name__ == "__main__":
    main()
