"""How right the budgets are that the generated rules record: the five services of docs/conformance.md, 30 days each.

    .venv/bin/python benchmarks/recorded_budgets.py

Their raw counters lie in a Prometheus; `promtool tsdb create-blocks-from rules` evaluates our rules over every minute of
30 days, those that read recorded series after those that record them. Beside it, asked of the same Prometheus, the mean
of ratios that Sloth's rules record and the `increase()` that Pyrra's do. Fails when ours is off by 0.1 points or more.
"""

import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import yaml

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from support import conformance
from support.conformance import END, SCENARIOS, START, Figures
from support.prometheus import prometheus, write_past

from observatory.catalog import parse_catalog
from observatory.outputs.rules import rule_files

MINUTE, FIVE = 60, 300
PERIOD = "30d"
NARROW = 0.001
"""A tenth of a point."""


@dataclass(frozen=True)
class Pass:
    """Rules that read nothing that another of them records."""

    records: Sequence[str]
    every: int = MINUTE
    since: int = END - MINUTE
    """Unix seconds; what is read at `END` alone need not be recorded earlier."""


PASSES = (
    Pass(["slo:total_events:increase1m"], since=START + MINUTE),
    Pass(["slo:bad_events:increase1m"], since=START + MINUTE),
    Pass(["slo:error_budget:ratio"], since=END - FIVE),
    Pass(["slo:error_budget:owned"]),
    Pass(["slo:bad_events:increase5m", "slo:total_events:increase5m"], FIVE, START + FIVE),
    Pass(["slo:bad_events:sum", "slo:total_events:sum"]),
    Pass(["slo:burn_rate:ratio"]),
    Pass(["slo:error_budget_remaining:ratio"]),
)


def generated() -> Sequence[Mapping[str, Any]]:
    """Every rule for the five services, of windows none but the period."""
    parsed = parse_catalog({name: text.encode() for name, text in conformance.definitions().items()})
    files = (
        yaml.safe_load(text)
        for name, text in rule_files(parsed.catalog).items()
        if not name.startswith("tests/")
    )
    groups = chain.from_iterable(file["groups"] for file in files)
    return [
        rule
        for group in groups
        for rule in group["rules"]
        if rule.get("labels", {}).get("window", PERIOD) in (PERIOD, "")
    ]


def evaluate(folder: Path, rules: Sequence[Mapping[str, Any]], one: Pass) -> None:
    """Write what they record into the storage; Prometheus has to start again to see it."""
    chosen = [rule for rule in rules if rule.get("record") in one.records]
    file = folder / "rules.yml"
    file.write_text(
        yaml.safe_dump({"groups": [{"name": "pass", "interval": f"{one.every}s", "rules": chosen}]})
    )
    with prometheus(folder) as url:
        command = ["promtool", "tsdb", "create-blocks-from", "rules", "--quiet", f"--url={url}"]
        span = [f"--start={one.since}", f"--end={END}", f"--output-dir={folder / 'data'}"]
        subprocess.run([*command, *span, str(file)], check=True, capture_output=True)


def compared(url: str) -> Iterator[tuple[str, Figures]]:
    """The share of each budget that is used, by every formula."""
    for one in SCENARIOS:
        bad, total = one.truth()
        left = conformance.ask(url, f'slo:error_budget_remaining:ratio{{service="{one.name}"}}')
        yield (
            one.name,
            Figures(
                truth=bad / total / float(one.budget),
                ours=1 - left,
                recorded=conformance.ask(url, conformance.mean_of_ratios(one)) / float(one.budget),
                increase=conformance.ask(url, conformance.by_increase(one)) / float(one.budget),
            ),
        )


def main() -> None:
    rules = generated()
    with tempfile.TemporaryDirectory(prefix="observatory-rules-") as name:
        folder = Path(name)
        write_past(folder / "data", (series for one in SCENARIOS for series in one.series()))
        for one in PASSES:
            evaluate(folder, rules, one)
        with prometheus(folder) as url:
            figures = dict(compared(url))
    print(conformance.table(figures))
    worst = max(abs(of.ours - of.truth) for of in figures.values())
    print(f"ours is off by at most {worst * 100:.3f} points")
    if worst >= NARROW:
        sys.exit(1)


if __name__ == "__main__":
    main()
