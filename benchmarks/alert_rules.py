"""How often the alert rules page for nothing, and how soon for an outage: months of simulated services, seeded.

    PYTHONPATH=tests .venv/bin/python benchmarks/alert_rules.py            # the tables of docs/alert-rules.md
    PYTHONPATH=tests .venv/bin/python benchmarks/alert_rules.py 12 60      # months and outages of each world
    PYTHONPATH=tests .venv/bin/python benchmarks/alert_rules.py 12 40 --not-held   # what holding the clumps is worth

Every minute goes through the evaluation and the decisions of a tick (`observatory/application/past.py`), dispersion learnt as
it would have been. Services promise 99.9 % over 30 days and spend 0.3 of that budget while they are healthy; their traffic
swings by day and night, the peak nineteen times the trough. Errors come one by one, or in clumps: a request that fails and
is tried again, ten times or thirty.
"""

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor

import numpy as np
from support.simulated import (
    CLASSIC,
    EXACT,
    World,
    clumps_not_held,
    detection,
    false_pages,
    launch,
    outages,
)

from observatory.catalog import ServiceSlo

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
    """Print tables as Markdown."""
    asked = _asked()
    print(f"{asked.months} months and {asked.outages} outages of each world, seed {SEED}\n")
    with ProcessPoolExecutor() as pool:
        if asked.not_held:
            _print_not_held(pool, asked)
        else:
            _print_rules(pool, asked)


def _asked() -> Namespace:
    parser = ArgumentParser(description="How often alert rules page for nothing, and how soon for an outage.")
    parser.add_argument("months", type=int, nargs="?", default=MONTHS)
    parser.add_argument("outages", type=int, nargs="?", default=OUTAGES)
    parser.add_argument(
        "--not-held", action="store_true", help="exact beside itself when one minute may hold any clump"
    )
    return parser.parse_args()


def _print_rules(pool: ProcessPoolExecutor, asked: Namespace) -> None:
    print("| requests an hour | errors | false pages a month, classic | exact |")
    print("| --- | --- | --- | --- |")
    for line in pool.map(_false_pages, WORLDS, [asked.months] * len(WORLDS)):
        print(line, flush=True)
    print("\n| requests an hour | errors | outage of an hour | classic | exact |")
    print("| --- | --- | --- | --- | --- |")
    for lines in pool.map(_detections, WORLDS, [asked.outages] * len(WORLDS)):
        print("\n".join(lines), flush=True)
    print("\n| launch: ten times the traffic for six hours, 0.8 % errors after the first | classic | exact |")
    print("| --- | --- | --- |")
    print(_launch(3000))
    print(_launch(10_000))


def _print_not_held(pool: ProcessPoolExecutor, asked: Namespace) -> None:
    clumped = [world for world in WORLDS if world.clump > 1]
    print("| requests an hour | errors | false pages a month | not held | outage at any time | not held |")
    print("| --- | --- | --- | --- | --- | --- |")
    for line in pool.map(_not_held, clumped, [asked] * len(clumped)):
        print(line, flush=True)


def _not_held(world: World, asked: Namespace) -> str:
    def figures() -> tuple[str, str]:
        found = _mean(false_pages(world, EXACT, months=asked.months, seed=SEED))
        return found, next(_detected(world, [EXACT], asked.outages, trough=False))

    held = figures()
    with clumps_not_held():
        free = figures()
    return f"| {_head(world)} | {held[0]} | {free[0]} | {held[1]} | {free[1]} |"


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
        f"| {_head(world)} | {name} | {' | '.join(_detected(world, RULES, count, trough=trough))} |"
        for name, trough in (("at any time", False), ("at the trough", True))
    ]


def _detected(world: World, rules: Sequence[ServiceSlo], count: int, *, trough: bool) -> Iterator[str]:
    rng = np.random.default_rng(SEED)
    drawn = enumerate(outages(count, rng, trough=trough))
    minutes = np.array([detection(world, rules, outage, seed=SEED + number) for number, outage in drawn])
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
