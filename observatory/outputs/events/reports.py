"""Readiness and event reports, as JSON and as text; one table of lines makes the Markdown and the page."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

from observatory.catalog import Event, Span
from observatory.outputs.events.json import moment, span_json, traffic_json
from observatory.outputs.events.model import EventReport, Grade, Line, Readiness

_SIGNS = {Grade.OK: "✅", Grade.WARN: "⚠️", Grade.FAIL: "❌", Grade.UNKNOWN: "❔"}
_VERDICTS = {
    Grade.OK: "Ready.",
    Grade.WARN: "Ready, with reservations.",
    Grade.FAIL: "Not ready.",
    Grade.UNKNOWN: "Nobody knows whether it is ready.",
}


class Format(StrEnum):
    """How a report is written."""

    JSON = "json"
    MARKDOWN = "markdown"
    HTML = "html"


@dataclass(frozen=True, slots=True)
class _Table:
    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class _Page:
    title: str
    lead: Sequence[str]
    tables: Sequence[_Table]


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
    rows = [(_SIGNS[item.grade], item.subject, item.of, item.says) for item in report.items]
    page = _Page(
        f"{report.event.name}: readiness",
        [
            f"{_SIGNS[report.grade]} {_VERDICTS[report.grade]}",
            *_about(report.event, report.span),
            f"As of {_time(report.at, report.event)}.",
        ],
        [_Table("What was looked at", ("", "What", "Of", "Finding"), rows)],
    )
    return _markdown(page) if form is Format.MARKDOWN else _html(page)


def report_text(report: EventReport, form: Format) -> str:
    """An event report as Markdown, or as a page that stands alone."""
    event = report.occasion.event
    over = report.at >= report.occasion.span.end
    lead = [*_about(event, report.occasion.span), *_traffic(report)]
    if not over:
        lead.append(f"It is still going on; counted until {_time(report.at, event)}.")
    heads = ("SLO", "Squad", "Events", "Bad", "Good", "Of the slice", "Of the budget", "Measured")
    page = _Page(
        f"{event.name}: report",
        lead,
        [
            _Table("What it cost", heads, [_row(line) for line in report.lines]),
            _Table("Incidents", ("Opened", "SLO", "Severity", "State"), list(_incidents(report))),
        ],
    )
    return _markdown(page) if form is Format.MARKDOWN else _html(page)


def _about(event: Event, span: Span) -> Iterator[str]:
    if event.description:
        yield event.description
    yield f"{_time(span.start, event)} to {_time(span.end, event)} ({event.timezone}), mode {event.mode}, by {event.squad}."


def _traffic(report: EventReport) -> Iterator[str]:
    traffic = report.occasion.traffic
    if traffic is None:
        return
    expected = "nobody knows how many were expected"
    if traffic.expected is not None:
        expected = f"{traffic.expected:,.0f} a minute were expected"
    if traffic.peak is None:
        yield f"Traffic of {traffic.slo}: {expected}; none was measured."
        return
    compared = f", {traffic.peak / traffic.expected:.0%} of it" if traffic.expected else ""
    usual = f"; {traffic.peak / traffic.usual:.1f} times the busiest usual hour" if traffic.usual else ""
    yield f"Traffic of {traffic.slo}: {expected}, {traffic.peak:,.0f} came in the busiest five minutes{compared}{usual}."


def _row(line: Line) -> tuple[str, ...]:
    return (
        line.slo,
        line.squad,
        f"{line.total:,.0f}",
        f"{line.bad:,.0f}",
        f"{1 - line.bad / line.total:.3%}" if line.total else "no events",
        _share(line.bad, line.slice),
        _share(line.bad, line.budget),
        f"{line.covered:.0%}",
    )


def _share(bad: float, whole: float | None) -> str:
    return "none" if not whole else f"{bad / whole:.1%} of {whole:,.0f}"


def _incidents(report: EventReport) -> Iterator[tuple[str, ...]]:
    for one in report.incidents:
        yield _time(one.opened_at, report.occasion.event), one.slo, one.severity.value, one.state.value
    if not report.incidents:
        yield "", "none", "", ""


def _time(time: datetime, event: Event) -> str:
    return f"{time.astimezone(ZoneInfo(event.timezone)):%Y-%m-%d %H:%M}"


def _markdown(page: _Page) -> str:
    lines = [f"# {page.title}", ""]
    for sentence in page.lead:
        lines += [sentence, ""]
    for table in page.tables:
        lines += [f"## {table.title}", "", _cells(table.heads), _cells(["---"] * len(table.heads))]
        lines += [*map(_cells, table.rows), ""]
    return "\n".join(lines)


def _cells(cells: Sequence[str]) -> str:
    """A row of a table; a bar in a cell would end it."""
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}"
    "table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.4rem .6rem;border-bottom:1px solid #8884}"
)


def _html(page: _Page) -> str:
    head = f"<!doctype html><html lang=en><meta charset=utf-8><title>{escape(page.title)}</title><style>{_STYLE}</style>"
    parts = [head, f"<h1>{escape(page.title)}</h1>", *(f"<p>{escape(text)}</p>" for text in page.lead)]
    for table in page.tables:
        heads = "".join(f"<th scope=col>{escape(cell)}</th>" for cell in table.heads)
        parts += [f"<h2>{escape(table.title)}</h2><table><tr>{heads}</tr>"]
        parts += [f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in table.rows]
        parts.append("</table>")
    return "\n".join([*parts, "</html>", ""])
