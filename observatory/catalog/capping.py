"""How much of an SLO's window may be left out of its numbers: a promise with holes of any size is none."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from observatory.catalog.model import Catalog, ServiceSlo
from observatory.catalog.problems import Problem
from observatory.catalog.recurrence import Span, in_utc

MOST_EXCLUDED = Decimal("0.05")
"""Of an SLO's window: a day and a half of 30 days."""
_LOOKED_AT = timedelta(days=400)
"""From an event's beginning; what repeats has come round by then."""
_MOST_SPANS = 500


def capping_problems(catalog: Catalog) -> Iterator[Problem]:
    """Events that leave out more of some SLO's window than may be, by themselves or with others; one problem each."""
    excluding = [event for event in catalog.events.values() if event.mode == "exclude"]
    spans = {}
    for event in excluding:
        begin = in_utc(event.start, event.timezone)
        spans[event.name] = list(event.schedule.spans(begin, begin + _LOOKED_AT))[:_MOST_SPANS]
    touched: dict[str, tuple[ServiceSlo, list[str]]] = {}
    for event in excluding:
        for entry in catalog.affected(event):
            touched.setdefault(entry.id, (entry, []))[1].append(event.name)
    told: set[str] = set()
    for slo, (entry, names) in sorted(touched.items()):
        together = merged([span for name in names for span in spans[name]])
        most, worst = _most(together, entry.slo.window.length)
        if most <= float(MOST_EXCLUDED):
            continue
        for name in names:
            if name not in told and any(span.overlaps(worst.start, worst.end) for span in spans[name]):
                told.add(name)
                yield _problem(catalog, name, slo, entry, most, worst)


def merged(spans: Sequence[Span]) -> Sequence[Span]:
    """The same time in spans that are ascending and apart from each other."""
    found: list[Span] = []
    for span in sorted(spans):
        if found and span.start <= found[-1].end:
            found[-1] = Span(found[-1].start, max(found[-1].end, span.end))
        else:
            found.append(span)
    return found


def _most(spans: Sequence[Span], window: timedelta) -> tuple[float, Span]:
    """The largest share of any window of this length that the spans take, and that window; it ends with a span."""
    found = (0.0, Span(datetime.min, datetime.min))  # noqa: DTZ901 - of no window at all
    for number, last in enumerate(spans):
        start = last.end - window
        taken = timedelta()
        for span in reversed(spans[: number + 1]):
            if span.end <= start:
                break
            taken += span.end - max(span.start, start)
        share = taken / window
        if share > found[0]:
            found = (share, Span(start, last.end))
    return found


def _problem(catalog: Catalog, name: str, slo: str, entry: ServiceSlo, most: float, worst: Span) -> Problem:
    rule = (
        f"at most {MOST_EXCLUDED * 100:.0f} % of an SLO's window is left out of its numbers, and of {slo} it would be "
        f"{most * 100:.1f} % of {entry.slo.window.label} in the one that ends at {worst.end:%Y-%m-%d %H:%M} UTC"
    )
    return Problem(catalog.events[name].place, "", rule, name, "a shorter time, or mode: observe")
