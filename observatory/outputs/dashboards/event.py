"""An event's dashboard, for the room in which a launch is watched: what is left to spend, who came, what burns."""

from collections.abc import Sequence
from dataclasses import replace

from observatory.catalog import Catalog, Event, ServiceSlo
from observatory.catalog.durations import duration_text
from observatory.evaluation import Severity
from observatory.outputs.dashboards import grafana, queries, traffic
from observatory.outputs.dashboards.layout import Page, Section, page_json
from observatory.outputs.dashboards.marks import alert_marks_of
from observatory.outputs.dashboards.panels import (
    BAD,
    GOOD,
    LOWEST,
    UNKNOWN,
    WARNING,
    About,
    Panel,
    Scale,
    lines,
    note,
    stat,
    timeline,
)
from observatory.outputs.dashboards.promises import promises_of
from observatory.outputs.dashboards.queries import Query, Scope, among, scope_of, sli_of
from observatory.outputs.dashboards.tables import Column, table
from observatory.outputs.links import ORGANISATION_UID, dashboard_url, service_uid, squad_uid

_WIDTHS = {2: (12, 12), 3: (8, 8, 8), 4: (6, 6, 6, 6), 5: (4, 5, 5, 5, 5)}
"""By the number of figures in a line: they fill it."""
_SPENT = ((UNKNOWN, None), (GOOD, LOWEST), (WARNING, 0.5), (BAD, 1))


def event_dashboard(event: Event, catalog: Catalog) -> str:
    """The text of `dashboards/<squad>/<event>.json`."""
    entries = catalog.affected(event)
    matchers = _matchers(entries)
    page = Page(
        head=grafana.Head(
            uid=service_uid(event.name),
            title=f"{event.name} · event",
            description=event.description or f"What {event.name} spends, and who comes.",
            tags=("observatory", "event", f"mode:{event.mode}", f"squad:{event.squad}"),
            start="now-6h",
        ),
        sections=[
            Section("now", "Now", _now(event, matchers)),
            *_slices(event),
            *_traffic(event, entries),
            Section(
                "promises",
                "Promises",
                [promises_of(entries, title="SLOs, worst budget first"), _burns(entries)],
            ),
            Section("alerts", "Alerts", [_alerts(event, entries)]),
            Section("about", "About", [_about(event, catalog)]),
        ],
        links=[
            (f"Squad {event.squad}", dashboard_url(squad_uid(event.squad), None)),
            ("Organisation", dashboard_url(ORGANISATION_UID, None)),
        ],
        annotations=[alert_marks_of(matchers)],
    )
    return page_json(page)


def _matchers(entries: Sequence[ServiceSlo]) -> str:
    """The services and journeys that the event is about."""
    return among("service", (entry.service.name for entry in entries))


def _of(event: Event, metric: str, *more: str) -> str:
    return Scope(f'event="{event.name}"').of(metric, *more)


def _now(event: Event, matchers: str) -> Sequence[Panel]:
    panels = [
        stat(
            About("active", "Under way", "Does it take place now? 1 while it does."),
            Query(f"max({_of(event, 'observatory_event_active')})"),
            Scale("short", decimals=0),
            width=4,
            mappings=[{"type": "value", "options": {"0": _said("no", 0), "1": _said("yes", 1)}}],
        ),
        stat(
            About("incidents", "Open pages", "Is anybody called because of one of these SLOs?"),
            Query(f"sum({queries.incidents(Scope(matchers), Severity.PAGE, by='service')})"),
            Scale("short", decimals=0, steps=((UNKNOWN, None), (GOOD, LOWEST), (BAD, 1))),
            width=4,
        ),
    ]
    if event.mode == "protect":
        panels.append(
            stat(
                About(
                    "worst",
                    "Most of a slice spent",
                    "How much of its slice has the worst SLO spent? At 100 % the launch has cost what it may.",
                ),
                Query(f"max({_of(event, 'observatory_event_slice_consumed_ratio')})"),
                Scale("percentunit", decimals=0, steps=_SPENT),
                width=4,
            )
        )
    if event.traffic is not None:
        now, expected = _kind(event, "now"), _kind(event, "expected")
        panels += [
            stat(
                About("traffic", "Events a minute", f"How many of {event.traffic.slo} come now?"),
                Query(now),
                Scale("cpm", decimals=0),
                width=4,
            ),
            stat(
                About(
                    "of-expected",
                    "Of what is expected",
                    "Do as many come as were expected? Above 100 %: more.",
                ),
                Query(f"{now} / {expected}"),
                Scale("percentunit", decimals=0, steps=((UNKNOWN, None), (GOOD, LOWEST), (WARNING, 1))),
                width=4,
            ),
        ]
    return [replace(panel, width=width) for panel, width in zip(panels, _WIDTHS[len(panels)], strict=True)]


def _said(text: str, index: int) -> dict[str, str | int]:
    return {"color": "blue", "index": index, "text": text}


def _kind(event: Event, kind: str) -> str:
    matcher = f'kind="{kind}"'
    return f"max({_of(event, 'observatory_event_traffic_per_minute', matcher)})"


def _slices(event: Event) -> Sequence[Section]:
    if event.mode != "protect":
        return ()
    steps = [
        (BAD if alert.severity == "page" else WARNING, float(alert.at))
        for alert in sorted(event.alerts, key=lambda alert: alert.at)
    ]
    consumed, spent, whole = (
        f"max by (service, slo) ({_of(event, f'observatory_event_{name}')})"
        for name in ("slice_consumed_ratio", "bad_events", "slice_events")
    )
    share = f"{(event.budget or 0) * 100:f}".rstrip("0").rstrip(".")
    told = "; ".join(f"{alert.at * 100:.0f} % is a {alert.severity}" for alert in event.alerts)
    return (
        Section(
            "slices",
            f"What it may spend: {share} % of each error budget",
            [
                lines(
                    About("consumed", "Slices spent", f"How fast do the slices go? {told}."),
                    [Query(consumed, "{{service}}/{{slo}}")],
                    Scale("percentunit", steps=steps),
                    width=24,
                ),
                table(
                    About(
                        "slices", "Slice by SLO", "How many bad events may each SLO still have in this event?"
                    ),
                    [
                        Column("Spent", Query(consumed), "percentunit", _SPENT),
                        Column("Bad events", Query(spent), decimals=0),
                        Column("Slice", Query(whole), decimals=0),
                    ],
                    sort="Spent",
                    labels={"service": "Service", "slo": "SLO"},
                    height=8,
                    smallest_first=False,
                ),
            ],
        ),
    )


def _traffic(event: Event, entries: Sequence[ServiceSlo]) -> Sequence[Section]:
    if event.traffic is None:
        return ()
    entry = next((one for one in entries if one.id == event.traffic.slo), None)
    sli = None if entry is None else sli_of(entry)
    live = _kind(event, "now") if sli is None else f"60 * ({traffic.total_rate(sli)})"
    panel = lines(
        About(
            "traffic",
            f"{event.traffic.slo}: events a minute",
            "Do those come who were expected? Far above: more than anybody prepared for. Far below: they can't get in.",
        ),
        [
            Query(live, "now"),
            Query(_kind(event, "expected"), "expected peak"),
            Query(_kind(event, "usual"), "usual peak"),
        ],
        Scale("cpm"),
        width=24,
        dashed=("expected peak", "usual peak"),
    )
    return (Section("traffic", "Traffic against what is expected", [panel]),)


def _burns(entries: Sequence[ServiceSlo]) -> Panel:
    return lines(
        About("burns", "Burn rate, 1 h", "What burns now? Above 1 a budget does not last its window."),
        [Query(queries.burn(scope_of(entry), "1h"), entry.id) for entry in entries],
        Scale("suffix:×", steps=((WARNING, 1), (BAD, 14.4)), symmetric_log=True),
        width=24,
    )


def _alerts(event: Event, entries: Sequence[ServiceSlo]) -> Panel:
    """Of the SLOs, and of the slices, whose incidents carry the event's name."""
    either = among("service", [*(entry.service.name for entry in entries), event.name])
    return timeline(
        About(
            "alerts",
            "Open alerts",
            "When was somebody told? Red is open, green is quiet, grey was not measured.",
        ),
        [
            Query(queries.incidents(Scope(either), severity, by="service"), f"{{{{service}}}} {severity}")
            for severity in Severity
        ],
        height=8,
    )


def _about(event: Event, catalog: Catalog) -> Panel:
    squad = catalog.squads[event.squad]
    again = f", again by `{event.repeat}`" if event.repeat else ""
    freeze = "nothing is frozen"
    if event.freeze is not None:
        times = [(event.freeze.before, "before"), (event.freeze.after, "after")]
        around = " and ".join(f"{duration_text(length)} {word}" for length, word in times if length)
        freeze = "changes are frozen during it" + (f", {around}" if around else "")
    text = "\n".join(
        [
            f"**{event.name}** {event.description}".rstrip(),
            "",
            f"- Mode: {event.mode}{f', because: {event.reason}' if event.reason else ''}",
            f"- {event.start:%Y-%m-%d %H:%M} {event.timezone} for {duration_text(event.schedule.length)}{again}",
            f"- Freeze: {freeze}",
            f"- Owner: {squad.name}, Slack channel `{squad.slack.channel}`",
            f"- Defined in `{event.place.file}`, line {event.place.line}; what is changed here is lost.",
        ]
    )
    return note(
        About("meta", "What it is", "When it takes place, who owns it, and where it is defined."),
        text,
        height=8,
    )
