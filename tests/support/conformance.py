"""Five services whose every event is known, and what others' formulas make of them."""

import json
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction

import numpy as np
from support.prometheus import Series
from support.truth import Counter

METRIC = "http_requests_total"
SCRAPE = 60
DAYS = 30
BEFORE = 120
"""Scrapes before the window: the world did not begin with it."""
MINUTES = DAYS * 24 * 60
END = 1_780_000_000 // 86_400 * 86_400
"""The moment of evaluation, a midnight; minute n of the window ends at START + 60 (n + 1)."""
START = END - MINUTES * SCRAPE
HOUR = 60


@dataclass(frozen=True)
class Scenario:
    """A service, the percentage it promises over 30 days, and its counters: `BEFORE` scrapes, then one a minute."""

    name: str
    title: str
    objective: str
    counters: Callable[[str], Sequence[Counter]]

    @property
    def slo(self) -> str:
        """The SLO's id."""
        return f"{self.name}/availability"

    @property
    def budget(self) -> Fraction:
        """The share of events that may be bad."""
        return 1 - Fraction(self.objective) / 100

    def series(self) -> Iterator[Series]:
        """As Prometheus stores them."""
        start = START - BEFORE * SCRAPE
        return (counter.series(start=start, interval=SCRAPE) for counter in self.counters(self.name))

    def truth(self) -> tuple[int, int]:
        """Bad and total events of the 30 days before `END`, by counting."""
        bad = total = 0
        for counter in self.counters(self.name):
            seen = counter.counted(interval=SCRAPE, tick=SCRAPE, ticks=BEFORE + MINUTES)[BEFORE:]
            events = int(seen[-MINUTES:].sum())
            total += events
            bad += events if 'code="500"' in counter.labels else 0
        return bad, total


def _answers(
    job: str, events: np.ndarray, *, bad: np.ndarray, labels: str = "", **life: int
) -> list[Counter]:
    """The two counters of a process: of `events` a minute, `bad` are errors."""
    every = f'job="{job}"{labels}'
    return [
        Counter(METRIC, f'{every},code="200"', events - bad, **life),
        Counter(METRIC, f'{every},code="500"', bad, **life),
    ]


def _minutes() -> np.ndarray:
    """(BEFORE + 1 + MINUTES,) the minute of the window that each scrape ends; negative before it."""
    return np.arange(-BEFORE - 1, MINUTES)


def _by_day() -> np.ndarray:
    return _minutes() // HOUR % 24 // 12 == 1


def _incidents(hour: int) -> np.ndarray:
    """Two hours from this one on, on five days."""
    minutes = _minutes()
    days, hours = minutes // HOUR // 24, minutes // HOUR % 24
    return np.isin(days, (3, 9, 14, 20, 26)) & (hours >= hour) & (hours < hour + 2)


def _uneven(job: str, *, bad: np.ndarray) -> Sequence[Counter]:
    """100 requests a second for half of the day, 1 a second for the other half."""
    return _answers(job, np.where(_by_day(), 6000, 60), bad=bad)


def _night_incidents(job: str) -> Sequence[Counter]:
    return _uneven(job, bad=np.where(_incidents(2), 6, _by_day()))


def _noon_incidents(job: str) -> Sequence[Counter]:
    return _uneven(job, bad=np.where(_incidents(13), 120, _by_day()))


def _idle_minutes(job: str) -> Sequence[Counter]:
    first = 20 * 24 * HOUR
    works = (_minutes() < first) | (_minutes() >= first + 20)
    return _answers(job, 600 * works, bad=3 * works)


def _first_errors(job: str) -> Sequence[Counter]:
    since = MINUTES - 6 * HOUR
    bad = 6 * ((_minutes() >= since) & (_minutes() < since + 10))
    good, errors = _answers(job, np.full(len(bad), 600), bad=bad)
    return [good, replace(errors, since=int(bad.argmax()))]


def _pods(job: str) -> Sequence[Counter]:
    life = _minutes() // (6 * HOUR)
    counters = []
    for number in np.unique(life):
        since = int((life == number).argmax())
        bad = np.zeros(len(life), dtype=int)
        bad[since] = 6
        labels = f',pod="{job}-{number - life[0]}"'
        until = since + int((life == number).sum())
        counters += _answers(job, np.full(len(life), 600), bad=bad, labels=labels, since=since, until=until)
    return counters


SCENARIOS = (
    Scenario(
        "night-incidents",
        "100 requests/s by day and 1/s by night; five 2-hour night incidents at 10 %",
        "99.9",
        _night_incidents,
    ),
    Scenario(
        "noon-incidents", "the same traffic; five 2-hour noon incidents at 2 %", "99.9", _noon_incidents
    ),
    Scenario("idle-minutes", "20 minutes without traffic ten days ago (objective 99 %)", "99", _idle_minutes),
    Scenario("first-errors", "an error series born 6 hours ago: 1 % for 10 minutes", "99.9", _first_errors),
    Scenario("pods", "a new pod every 6 hours, each born with 6 errors", "99.9", _pods),
)


def definitions(scenarios: Sequence[Scenario] = SCENARIOS) -> Mapping[str, str]:
    """Catalog files, as a squad writes them."""
    squad = "apiVersion: observatory/v1\nkind: Squad\nname: playback\nslack: {channel: C0PLAYBACK0}\n"
    return {"squad.yml": squad} | {f"{one.name}.yml": _definition(one) for one in scenarios}


def _definition(scenario: Scenario) -> str:
    return f"""\
apiVersion: observatory/v1
kind: Service
name: {scenario.name}
squad: playback
runbook: https://runbooks.example/{scenario.name}
selector: {{job: {scenario.name}}}
slos:
  - name: availability
    objective: {scenario.objective}
    window: 30d
    sli: {{events: {{total: {METRIC}, bad: '{METRIC}{{code=~"5.."}}'}}}}
"""


def mean_of_ratios(scenario: Scenario) -> str:
    """PromQL: the mean error ratio of 30 days, when a rule records the one of 5 minutes every minute.

    The sum of the recorded ratios over their number, so that each minute weighs the same.
    """
    bad, total = (f"sum(rate({selector}[5m]))" for selector in _selectors(scenario))
    return f"avg_over_time(({bad} / {total})[{DAYS}d:1m])"


def by_increase(scenario: Scenario) -> str:
    """PromQL: the error ratio of 30 days by `increase`."""
    bad, total = (f"sum(increase({selector}[{DAYS}d]))" for selector in _selectors(scenario))
    return f"{bad} / {total}"


def _selectors(scenario: Scenario) -> tuple[str, str]:
    return f'{METRIC}{{job="{scenario.name}",code=~"5.."}}', f'{METRIC}{{job="{scenario.name}"}}'


def ask(url: str, promql: str) -> float:
    """The one value of an instant query at `END`; NaN is one."""
    form = urllib.parse.urlencode({"query": promql, "time": END}).encode()
    with urllib.request.urlopen(f"{url}/api/v1/query", form, timeout=60) as response:  # noqa: S310 - loopback
        (row,) = json.load(response)["data"]["result"]
    return float(row["value"][1])


@dataclass(frozen=True)
class Figures:
    """Shares of the 30-day budget used; NaN where a formula gives none."""

    truth: float
    ours: float
    recorded: float
    """Mean of ratios."""
    increase: float


HEAD = "| 30 days, scraped every 60 s | truth | Observatory | mean of ratios | `increase()` |"


def table(figures: Mapping[str, Figures]) -> str:
    """The figures as a table in Markdown, by scenario name."""
    rows = [HEAD, "| --- " * 5 + "|"]
    for one in SCENARIOS:
        of = figures[one.name]
        cells = (_percent(value) for value in (of.truth, of.ours, of.recorded, of.increase))
        rows.append(f"| {one.title} | {' | '.join(cells)} |")
    return "\n".join(rows)


def read_table(text: str) -> Mapping[str, Sequence[tuple[Decimal | None, Decimal]]]:
    """By scenario title, the percentages that a table prints and the precision of each; None for no number."""
    lines = text[text.index(HEAD) :].partition("\n\n")[0].splitlines()[2:]
    cells = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines)
    return {title: [_printed(cell) for cell in figures] for title, *figures in cells}


def _percent(share: float) -> str:
    return "none" if np.isnan(share) else f"{share * 100:.2f} %"


def _printed(cell: str) -> tuple[Decimal | None, Decimal]:
    if cell == "none":
        return None, Decimal(0)
    number = Decimal(cell.removesuffix(" %"))
    return number, Decimal(1).scaleb(int(number.as_tuple().exponent))


def evaluated_at() -> datetime:
    """`END` as a time."""
    return datetime.fromtimestamp(END, UTC)
