"""Readiness and event reports, as JSON and as text."""

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from observatory.catalog import Event, Span
from observatory.outputs.events.chart import pace_svg
from observatory.outputs.events.json import moment, span_json, traffic_json
from observatory.outputs.events.model import EventReport, Grade, Line, Readiness
from observatory.outputs.events.page import Page, Table, html, markdown
from observatory.outputs.slack import numbers

_SIGNS = {Grade.OK: "✅", Grade.WARN: "⚠️", Grade.FAIL: "❌", Grade.UNKNOWN: "❔"}
_VERDICTS = {
    Grade.OK: "Ready.",
    Grade.WARN: "Ready, with reservations.",
    Grade.FAIL: "Not ready.",
    Grade.UNKNOWN: "Nobody knows whether it is ready.",
}
_HALF = 0.5
"""Of a slice: with more of it gone, an event is at risk."""
_MANY = 10
_ALIKE = 0.05
"""Nobody guesses traffic better than that."""


class Format(StrEnum):
    """How a report is written."""

    JSON = "json"
    MARKDOWN = "markdown"
    HTML = "html"


def readiness_json(report: Readiness) -> dict[str, Any]:
    """A readiness report as `json.dumps` takes it."""
    busiest = report.busiest
    return {
        "event": report.event.name,
        **span_json(report.span),
        "at": moment(report.at),
        "grade": report.grade.value,
        "expected_per_minute": report.expected,
        "busiest_hour": None
        if busiest is None
        else {"per_minute": busiest.per_minute, "at": moment(busiest.at), "sli": busiest.sli},
        "items": [
            {"subject": item.subject, "of": item.of, "grade": item.grade.value, "says": item.says}
            for item in report.items
        ],
    }


def report_json(report: EventReport) -> dict[str, Any]:
    """An event report as `json.dumps` takes it."""
    occasion = report.occasion
    return {
        "event": occasion.event.name,
        **span_json(occasion.span),
        "at": moment(report.at),
        "over": report.at >= occasion.span.end,
        "traffic": traffic_json(occasion.traffic),
        "slos": [
            {
                "slo": line.slo,
                "squad": line.squad,
                "total": line.total,
                "bad": line.bad,
                "sli": 1 - line.bad / line.total if line.total else None,
                "covered": line.covered,
                "budget_spent": line.bad / line.budget if line.budget else None,
                "slice": line.slice,
                "slice_spent": line.bad / line.slice if line.slice else None,
            }
            for line in report.lines
        ],
        "incidents": [
            {
                "id": one.id,
                "slo": one.slo,
                "severity": one.severity.value,
                "state": one.state.value,
                "opened_at": moment(one.opened_at),
                "resolved_at": None if one.resolved_at is None else moment(one.resolved_at),
            }
            for one in report.incidents
        ],
    }


def readiness_text(report: Readiness, form: Format) -> str:
    """A readiness report as Markdown, or as a page that stands alone."""
    order = (Grade.FAIL, Grade.UNKNOWN, Grade.WARN, Grade.OK)
    worst_first = sorted(report.items, key=lambda item: order.index(item.grade))
    rows = [(_SIGNS[item.grade], item.subject, item.of, item.says) for item in worst_first]
    page = Page(
        title=f"{report.event.name}: readiness",
        verdict=f"{_SIGNS[report.grade]} {_VERDICTS[report.grade]}",
        tone=report.grade.value,
        lead=[*_about(report.event, report.span), f"As of {_time(report.at, report.event)}."],
        tables=[Table("What was looked at", ("", "What", "Of", "Finding"), rows)],
    )
    return markdown(page) if form is Format.MARKDOWN else html(page)


def report_text(report: EventReport, form: Format) -> str:
    """An event report as Markdown, or as a page that stands alone."""
    event, verdict, tone = report.occasion.event, *_verdict(report)
    lead = [*_about(event, report.occasion.span), *_traffic(report)]
    if report.at < report.occasion.span.end:
        lead.append(f"It is still going on; counted until {_time(report.at, event)}.")
    figures = ("Events", "Bad", "Good", "Of the slice", "Of the budget", "Measured")
    cost = [_row(line) for line in sorted(report.lines, key=_spent, reverse=True)]
    incidents = Table("Incidents", ("Opened", "After", "SLO", "Severity", "State"), list(_incidents(report)))
    page = Page(
        title=f"{event.name}: report",
        verdict=verdict,
        tone=tone,
        lead=lead,
        tables=[Table("What it cost", ("SLO", "Squad", *figures), cost, frozenset(figures)), incidents],
        chart=_chart(report) if form is Format.HTML else "",
        caption=f"{report.paced_slo}, five minutes by five minutes, on the clock of {event.timezone}",
    )
    return markdown(page) if form is Format.MARKDOWN else html(page)


def _verdict(report: EventReport) -> tuple[str, str]:
    """Of events to protect: how much of which slice is gone; and how that looks."""
    spent = [line for line in report.lines if line.slice]
    if not spent:
        return f"Mode {report.occasion.event.mode}.", Grade.OK.value
    worst = max(spent, key=_spent)
    share = _spent(worst)
    grade = Grade.FAIL if share > 1 else Grade.WARN if share >= _HALF else Grade.OK
    how = "Over its slice" if share > 1 else "Within its slices"
    return f"{_SIGNS[grade]} {how}: {worst.slo} spent most, {_ratio(share)} of what it might.", grade.value


def _ratio(share: float) -> str:
    """`42 %`, and `81×` where per cents say nothing any more."""
    return numbers.percent(share) if share < _MANY else numbers.factor(share)


def _spent(line: Line) -> float:
    """The share of its slice; of the budget where there is none."""
    whole = line.slice or line.budget
    return line.bad / whole if whole else 0.0


def _chart(report: EventReport) -> str:
    traffic, event = report.occasion.traffic, report.occasion.event
    expected = traffic.expected if traffic and traffic.slo == report.paced_slo else None
    return pace_svg(report.paced, expected=expected, timezone=event.timezone) if report.paced else ""


def _about(event: Event, span: Span) -> Iterator[str]:
    if event.description:
        yield event.description
    yield f"{_time(span.start, event)} to {_time(span.end, event)} ({event.timezone}), mode {event.mode}, by {event.squad}."
    if event.reason:
        yield f"Because: {event.reason}"


def _traffic(report: EventReport) -> Iterator[str]:
    traffic = report.occasion.traffic
    if traffic is None:
        return
    expected = "nobody knows how many were expected"
    if traffic.expected is not None:
        expected = f"{numbers.count(traffic.expected)} a minute were expected"
    if traffic.peak is None:
        yield f"Traffic of {traffic.slo}: {expected}; none was measured."
        return
    usual = f"; {traffic.peak / traffic.usual:.1f} times the busiest usual hour" if traffic.usual else ""
    compared = "" if traffic.beyond is None else f", {beyond_words(traffic.beyond)}"
    peak = numbers.count(traffic.peak)
    yield f"Traffic of {traffic.slo}: {expected}, {peak} came in the busiest five minutes{compared}{usual}."


def beyond_words(beyond: float) -> str:
    """`40 % fewer than expected`: how traffic compares."""
    if abs(beyond) < _ALIKE:
        return "as expected"
    return f"{numbers.percent(abs(beyond))} {'more' if beyond > 0 else 'fewer'} than expected"


def _row(line: Line) -> tuple[str, ...]:
    return (
        line.slo,
        line.squad,
        numbers.count(line.total),
        numbers.count(line.bad),
        numbers.sli(1 - line.bad / line.total) if line.total else "no events",
        _share(line.bad, line.slice),
        _share(line.bad, line.budget),
        numbers.percent(line.covered),
    )


def _share(bad: float, whole: float | None) -> str:
    return "none" if not whole else f"{_ratio(bad / whole)} of {numbers.count(whole)}"


def _incidents(report: EventReport) -> Iterator[tuple[str, ...]]:
    event, start = report.occasion.event, report.occasion.span.start
    for one in report.incidents:
        state = one.state.value
        if one.resolved_at is not None:
            state += f" after {numbers.span(one.resolved_at - one.opened_at)}"
        after = numbers.span(one.opened_at - start)
        yield _time(one.opened_at, event), after, one.slo, one.severity.value, state
    if not report.incidents:
        yield "", "", "none", "", ""


def _time(time: datetime, event: Event) -> str:
    return f"{time.astimezone(ZoneInfo(event.timezone)):%Y-%m-%d %H:%M}"
