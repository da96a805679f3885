"""How often the alert rules page for nothing, and how soon for an outage: months of simulated services, seeded.

    PYTHONPATH=tests .venv/bin/python benchmarks/alert_rules.py            # the tables of docs/alert-rules.md
    PYTHONPATH=tests .venv/bin/python benchmarks/alert_rules.py 12 60      # months and outages of each world

Every minute goes through the evaluation and the decisions of a tick (`observatory/application/past.py`), dispersion learnt as
it would have been. Services promise 99.9 % over 30 days and spend 0.3 of that budget while they are healthy; their traffic
swings by day and night, the peak nineteen times the trough. Errors come one by one, or in clumps: a request that fails and
is tried again, ten times or thirty.
"""

import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor

import numpy as np
from support.simulated import CLASSIC, EXACT, World, detection, false_pages, launch, outages

MONTHS, OUTAGES, SEED = 30, 120, 20
RULES = (CLASSIC, EXACT)
WORLDS = (
    World(10),
    World(60),
    World(300),
    World(3000),
    World(10, clump=10),
    World(60, clump=10),
    World(300, clump=10),
    World(3000, clump=10),
    World(60, clump=30),
    World(300, clump=30),
    World(3000, clump=30),
)


def main() -> None:
    """Print both tables as Markdown."""
    months, count = (int(word) for word in sys.argv[1:]) if len(sys.argv) > 1 else (MONTHS, OUTAGES)
    print(f"{months} months and {count} outages of each world, seed {SEED}\n")
    with ProcessPoolExecutor() as pool:
        print("| requests an hour | errors | false pages a month, classic | exact |")
        print("| --- | --- | --- | --- |")
        for line in pool.map(_false_pages, WORLDS, [months] * len(WORLDS)):
            print(line, flush=True)
        print("\n| requests an hour | errors | outage of an hour | classic | exact |")
        print("| --- | --- | --- | --- | --- |")
        for lines in pool.map(_detections, WORLDS, [count] * len(WORLDS)):
            print("\n".join(lines), flush=True)
    print("\n| launch: ten times the traffic for six hours, 0.8 % errors after the first | classic | exact |")
    print("| --- | --- | --- |")
    print(_launch(3000))
    print(_launch(10_000))


def _false_pages(world: World, months: int) -> str:
    counts = [false_pages(world, rule, months=months, seed=SEED) for rule in RULES]
    return f"| {_head(world)} | {' | '.join(_mean(per_month) for per_month in counts)} |"


def _mean(per_month: Sequence[int]) -> str:
    """With two standard errors; without any, what three expected pages would have shown with 95 %."""
    if not any(per_month):
        return f"0 (below {3 / len(per_month):.2f})"
    error = 2 * np.std(per_month, ddof=1) / np.sqrt(len(per_month))
    return f"{np.mean(per_month):.2f} ± {error:.2f}"


def _detections(world: World, count: int) -> Sequence[str]:
    return [
        f"| {_head(world)} | {name} | {' | '.join(_detected(world, count, trough=trough))} |"
        for name, trough in (("at any time", False), ("at the trough", True))
    ]


def _detected(world: World, count: int, *, trough: bool) -> Iterator[str]:
    rng = np.random.default_rng(SEED)
    drawn = enumerate(outages(count, rng, trough=trough))
    minutes = np.array([detection(world, RULES, outage, seed=SEED + number) for number, outage in drawn])
    for of_rule in minutes.T:
        found = of_rule[np.isfinite(of_rule)]
        median = f", median {np.median(found):.1f} min" if len(found) else ""
        yield f"{len(found) / count:.0%}{median}"


def _launch(per_hour: int) -> str:
    found = [launch(World(per_hour), rule, seed=SEED) for rule in RULES]
    cells = (f"after {minutes:.0f} min, {spent:.0%} of the budget gone" for minutes, spent in found)
    return f"| {per_hour:,} requests an hour before it | {' | '.join(cells)} |"


def _head(world: World) -> str:
    errors = "one by one" if world.clump == 1 else f"clumps of {world.clump}"
    return f"{world.per_hour:,} | {errors}"


if __name__ == "__main__":
    main()
