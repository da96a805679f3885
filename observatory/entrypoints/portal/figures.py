"""Numbers as pages show them; None is "no data" everywhere. Adds to `outputs.slack.numbers` what tables need."""

from collections.abc import Sequence
from datetime import timedelta

from observatory.evaluation import BudgetPoint, SloStatus, WindowBudget
from observatory.outputs.slack.numbers import NBSP, count, factor, percent, sli, span

NO_DATA = "no data"
_UNITS = ((1e9, "G"), (1e6, "M"), (1e3, "k"))


def share(ratio: float | None) -> str:
    """`42 %`, `−8.4 %`."""
    return NO_DATA if ratio is None else percent(ratio)


def good_share(ratio: float | None) -> str:
    """`99.953 %`; never rounded up."""
    return NO_DATA if ratio is None else sli(ratio)


def burn_rate(rate: float | None) -> str:
    """`14.4×`."""
    return NO_DATA if rate is None else factor(rate)


def events(number: float | None) -> str:
    """In three digits and a unit: `950`, `1.2 k`, `28.5 M`."""
    if number is None:
        return NO_DATA
    for size, unit in _UNITS:
        if number >= size:
            scaled = number / size
            text = f"{scaled:.0f}" if scaled >= 100 else f"{scaled:.1f}".removesuffix(".0")  # noqa: PLR2004 - three digits
            return f"{text}{NBSP}{unit}"
    return count(number)


def outage(status: SloStatus | WindowBudget) -> str:
    """What is left of the budget, or overspent, as time of full outage at the window's mean traffic."""
    if status.budget_minutes is None or status.remaining is None:
        return NO_DATA
    return span(timedelta(minutes=status.budget_minutes * abs(status.remaining)))


def ratio_bar(ratio: float | None) -> float:
    """Per cent of a bar's length; an overspent budget is an empty bar."""
    return 0.0 if ratio is None else round(100 * min(1.0, max(0.0, ratio)), 2)


def burn_bar(rate: float | None, threshold: float) -> float:
    """Per cent of a bar whose three quarters are the threshold."""
    return 0.0 if rate is None else round(min(100.0, 75 * rate / threshold), 2)


SPARK = (96, 24)
_STEPS = 48


def sparkline(points: Sequence[BudgetPoint]) -> list[str]:
    """The budget as polylines of an SVG of `SPARK` pixels, one for each stretch that was measured."""
    width, height = SPARK
    stride = max(1, len(points) // _STEPS)
    picked = [*points[::-1][::stride]][::-1]
    lines: list[list[str]] = [[]]
    for place, point in enumerate(picked):
        if point.remaining is None:
            lines.append([])
            continue
        x = width * (place + 1) / len(picked)
        y = 1 + (height - 2) * (1 - max(0.0, min(1.0, point.remaining)))
        lines[-1].append(f"{x:.1f},{y:.1f}")
    return [" ".join(line) for line in lines if len(line) > 1]
