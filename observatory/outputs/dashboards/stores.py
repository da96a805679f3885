"""The stores and queues of a service on its dashboard: is the cause below it?"""

from collections.abc import Sequence

from observatory.catalog import Use
from observatory.outputs.dashboards import traffic
from observatory.outputs.dashboards.layout import Section
from observatory.outputs.dashboards.panels import BAD, WARNING, About, Panel, Scale, lines, timeline
from observatory.outputs.dashboards.queries import Query
from observatory.outputs.stores import TITLES, Signal, reader_of, signals_of

_WIDTH = 8


def store_sections(uses: Sequence[Use]) -> Sequence[Section]:
    """A row of panels for each store that is declared, in the order of the declarations."""
    return [
        Section(slug, _title(use), [_panel(signal) for signal in _signals(use)])
        for slug, use in {_slug(use): use for use in uses}.items()
    ]


def _signals(use: Use) -> Sequence[Signal]:
    return signals_of(use, reader_of(use, window=traffic.RATE))


def _slug(use: Use) -> str:
    """Of what finds the store and not of its place in the list: another store renumbers nothing."""
    return "/".join([use.kind, *(f"{label}={value}" for label, value in sorted(use.selector.items()))])


def _title(use: Use) -> str:
    found_by = ", ".join(f"{label} {value}" for label, value in sorted(use.selector.items()))
    return f"{TITLES[use.kind]}: {found_by}" if found_by else TITLES[use.kind]


def _panel(signal: Signal) -> Panel:
    about = About(signal.slug, signal.title, _description(signal))
    asked = [Query(query.expr, query.legend) for query in signal.queries]
    if signal.is_state:
        return timeline(about, asked, texts=("answers", "silent"))
    return lines(about, asked, Scale(signal.unit, steps=_steps(signal)), width=_WIDTH, dashed=signal.compared)


def _steps(signal: Signal) -> Sequence[tuple[str, float]]:
    """The limit of the alert, where it is one of what is drawn."""
    worry = signal.worry
    if worry is None or (worry.expr and worry.above != 0):
        return ()
    limit = worry.above if worry.above is not None else worry.below
    return ((WARNING if limit else BAD, limit),) if limit else ()


def _description(signal: Signal) -> str:
    worry = signal.worry
    if worry is None:
        return signal.question
    return f"{signal.question} Alert: {worry.alert}, after {worry.lasting}."
