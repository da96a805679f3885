"""Routes on the terminal."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

from observatory.alerting.expectations import Judged
from observatory.alerting.ownership import Step
from observatory.alerting.routing import Route
from observatory.outputs.routes import call_text, rule_text, span_text, tickets_text

_UNBOUNDED = 10_000
"""Columns, where nobody's terminal sets a bound."""


def show_route(route: Route, *, now: datetime) -> None:
    """Print one route: whose it is, where it goes and when, and why."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column()
    for heading, text in _lines(route, now=now):
        grid.add_row(heading, text)
    _console().print(grid)


def show_judged(judged: Sequence[Judged]) -> None:
    """Print what goes elsewhere than expected, then how many were right."""
    console = _console()
    for one in judged:
        if not one.differences:
            continue
        console.print(
            Text(f"{one.expectation.place}: {one.expectation.title}", style="bold red"), soft_wrap=True
        )
        for difference in one.differences:
            console.print(Text(f"    {difference}"), soft_wrap=True)
        for step in one.route.ownership.trail:
            console.print(Text("    ") + _why(step), soft_wrap=True)
    wrong = sum(bool(one.differences) for one in judged)
    verdict = f"{wrong} of {len(judged)} go elsewhere" if wrong else f"All {len(judged)} go where they should"
    console.print(Text(f"{verdict}.", style="bold red" if wrong else "green"))


def _lines(route: Route, *, now: datetime) -> Iterator[tuple[str, Text]]:
    owner = route.ownership
    yield "alert", Text(", ".join(f"{name}={value}" for name, value in route.labels.items()) or "no labels")
    yield (
        "squad",
        Text(route.squad or "nobody: the channel of last resort", style="bold" if route.squad else "red"),
    )
    yield "channel", Text(owner.channel or "none: nobody can be told", style="" if owner.channel else "red")
    yield (
        "if it fails",
        Text(", then ".join(route.fallbacks) or "nowhere else", style="" if route.fallbacks else "red"),
    )
    heading = "page"
    for call in route.calls:
        yield heading, Text(f"{span_text(call.after)}: {call_text(call)}")
        heading = ""
    if len(route.calls) == 1:
        yield "", Text("nobody else, however long it is not acknowledged", style="yellow")
    yield "ticket", Text(tickets_text(route, now=now))
    for number, step in enumerate(owner.trail):
        yield "why" if number == 0 else "", _why(step)


def _why(step: Step) -> Text:
    place = f"  ({step.place})" if step.place else ""
    mark, style = ("→", "") if step.decides else ("·", "dim")
    return Text(f"{mark} {rule_text(step.rule)}: {step.says}{place}", style=style)


def _console() -> Console:
    console = Console(highlight=False)
    return console if console.is_terminal else Console(width=_UNBOUNDED, highlight=False)
