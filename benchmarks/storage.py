"""How fast the history is written and read: `python benchmarks/storage.py DATABASE_URL SLOS`, on an empty database."""

import sys
from collections.abc import Callable
from statistics import median, quantiles
from time import perf_counter
from typing import Any

import numpy as np

from observatory.adapters.sql import SqlHistory, create_engine, migrate
from observatory.measurement import Buckets

END = 1_799_928_000
DAY = 86_400
WARM = ((60, DAY // 4), (300, 3 * DAY), (3600, 30 * DAY))
"""What a warm start loads: six hours of minutes, three days of five minutes, thirty days of hours."""
INCIDENTS = 0.02
BACKFILL = ((60, 2 * DAY), (300, 8 * DAY), (3600, 30 * DAY))


def traffic(
    slos: int,
    seconds: int,
    span: int,
    *,
    prefix: str = "service",
    incidents: float = INCIDENTS,
    part: int = 0,
) -> Buckets:
    """Poisson traffic of log-normal rates, some of the buckets in an incident; each part is another."""
    chance = np.random.default_rng((seconds, part))
    shape = (span // seconds, slos)
    total = chance.poisson(chance.lognormal(4, 2, slos) * seconds / 60, shape)
    bad = chance.binomial(total, np.where(chance.random(shape) < incidents, 0.05, 0.0003))
    measured = np.where(total > 0, float(seconds), 0.0)
    return Buckets(
        seconds=seconds,
        ends=np.arange(END - span, END, seconds) + seconds,
        slos=tuple(f"{prefix}-{number:05}/availability" for number in range(slos)),
        bad=bad.astype(float),
        total=total.astype(float),
        measured=measured,
        idle=seconds - measured,
        bad_ticks=(bad > 0).astype(float),
        clumping=bad**2 / np.maximum(total, 1),
    )


def row(buckets: Buckets, position: int) -> Buckets:
    fields = {name: getattr(buckets, name)[position : position + 1] for name in Buckets.__slots__[3:]}
    return Buckets(
        seconds=buckets.seconds, ends=buckets.ends[position : position + 1], slos=buckets.slos, **fields
    )


def timed(work: Callable[..., object], *arguments: Any, **options: Any) -> float:
    start = perf_counter()
    work(*arguments, **options)
    return perf_counter() - start


def main(url: str, slos: int) -> None:
    engine = create_engine(url)
    migrate(engine)
    history = SqlHistory(engine)
    minutes = traffic(slos, 60, DAY // 4)
    ticks = [timed(history.save, row(minutes, position)) for position in range(len(minutes.ends))]
    print(f"{engine.dialect.name}, {slos} SLOs")
    print(
        f"  a tick: median {median(ticks) * 1e3:.1f} ms, p95 {quantiles(ticks, n=20)[-1] * 1e3:.1f} ms,",
        end=" ",
    )
    print(f"longest (the one that merges) {max(ticks) * 1e3:.0f} ms")
    for seconds, span in WARM[1:]:
        history.save(traffic(slos, seconds, span))
    spans = [timed(history.load, seconds=each, after=END - span, until=END) for each, span in WARM]
    print(f"  warm load: {sum(spans):.2f} s ({', '.join(f'{span:.2f}' for span in spans)})")
    newcomers = [traffic(1000, seconds, span, prefix="newcomer") for seconds, span in BACKFILL]
    print(f"  backfill of 1000 newcomers: {sum(timed(history.save, each) for each in newcomers):.2f} s")
    engine.dispose()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
