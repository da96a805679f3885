"""The kinds of panel that our dashboards are made of, and the meaning of their colours.

A colour means the same everywhere. Grey is unknown: thresholds begin with grey, so a panel without data never
takes the colour of a good or a bad value.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from observatory.outputs.dashboards import grafana
from observatory.outputs.dashboards.queries import Query

GOOD, WARNING, BAD, UNKNOWN, PLAIN = "green", "orange", "red", "#808080", "blue"
LOWEST = -1_000_000_000
"""Below every value: where the first colour after grey begins."""

NO_DATA = "no data"
STATE_COLORS: Mapping[str, str] = {
    "healthy": GOOD,
    "at_risk": WARNING,
    "breached": BAD,
    "idle": PLAIN,
    "new": PLAIN,
    "no_data": UNKNOWN,
    "stale": UNKNOWN,
    "partial": UNKNOWN,
    "query_failed": "purple",
}

Step = tuple[str, float | None]
BUDGET_STEPS: Sequence[Step] = ((UNKNOWN, None), (BAD, LOWEST), (WARNING, 0), (GOOD, 0.25))
"""Overspent, nearly spent, enough left."""
NEUTRAL_STEPS: Sequence[Step] = ((UNKNOWN, None), (PLAIN, LOWEST))
BURN_STEPS: Sequence[Step] = ((UNKNOWN, None), (GOOD, LOWEST), (WARNING, 1), (BAD, 6))


@dataclass(frozen=True, slots=True)
class About:
    """What a panel is called, and the question it answers."""

    slug: str
    """Names the panel within its section; its id comes of it, so it must not change."""
    title: str
    description: str


@dataclass(frozen=True, slots=True)
class Scale:
    """What a panel's values are: Grafana's id of their unit, and where they turn good or bad."""

    unit: str
    steps: Sequence[Step] = ()
    decimals: int | None = None
    minimum: float | None = 0
    symmetric_log: bool = False
    """For values that are mostly near 1 and sometimes near 1 000."""


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel and the room it takes: `width` of 24 columns, `height` in rows of 30 pixels."""

    slug: str
    content: Any
    width: int
    height: int


def stat(
    about: About, query: Query, scale: Scale, *, width: int, mappings: Sequence[Mapping[str, Any]] = ()
) -> Panel:
    """One figure, coloured by its thresholds."""
    content = grafana.Stat(
        title=about.title,
        description=about.description,
        format=scale.unit,
        decimals=scale.decimals,
        color={"mode": "thresholds"},
        colorMode="value",
        graphMode="none",
        reduceCalc="lastNotNull",
        noValue=NO_DATA,
        thresholds=threshold_steps(scale.steps or NEUTRAL_STEPS),
        mappings=[unknown_value(), *mappings],
        targets=targets_of([query], instant=True),
    )
    return Panel(about.slug, content, width, 4)


def states(about: About, query: Query, *, width: int, counts: bool) -> Panel:
    """States of SLOs in their colours: the name of the one there is, or how many are in each."""
    overrides = [override_of(name, ("color", _fixed(color))) for name, color in STATE_COLORS.items()]
    content = grafana.Stat(
        title=about.title,
        description=about.description,
        format="short",
        color=_fixed(UNKNOWN),
        colorMode="background" if counts else "value",
        graphMode="none",
        reduceCalc="lastNotNull",
        noValue=NO_DATA,
        thresholds=threshold_steps(((UNKNOWN, None),)),
        textMode="value_and_name" if counts else "name",
        overrides=overrides,
        targets=targets_of([query], instant=True),
    )
    return Panel(about.slug, content, width, 4)


def lines(
    about: About,
    queries: Sequence[Query],
    scale: Scale,
    *,
    width: int = 12,
    dashed: Sequence[str] = (),
    stacked: bool = False,
) -> Panel:
    """Lines over time; thresholds are drawn as lines, and the series named in `dashed` are for comparison."""
    custom: dict[str, Any] = {"stacking": {"mode": "normal" if stacked else "none", "group": "A"}}
    custom["scaleDistribution"] = {"type": "linear"}
    if scale.symmetric_log:
        custom["scaleDistribution"] = {"type": "symlog", "log": 10, "linearThreshold": 1}
    content = grafana.TimeSeries(
        title=about.title,
        description=about.description,
        unit=scale.unit,
        fillOpacity=20 if stacked else 0,
        showPoints="never",
        legendDisplayMode="table",
        legendCalcs=["lastNotNull", "max"],
        tooltipMode="multi",
        tooltipSort="desc",
        thresholds=threshold_steps((("transparent", None), *scale.steps)),
        thresholdsStyleMode="line" if scale.steps else "off",
        overrides=[override_of(name, *_DASHED) for name in dashed],
        targets=targets_of(queries),
        extraJson={
            "fieldConfig": {"defaults": {"custom": custom, "min": scale.minimum, "noValue": NO_DATA}},
            "options": {"legend": {"showLegend": True}},
        },
    )
    return Panel(about.slug, content, width, 8)


_DASHED = (
    ("custom.lineStyle", {"fill": "dash", "dash": [10, 10]}),
    ("color", {"mode": "fixed", "fixedColor": "text"}),
)


def timeline(
    about: About,
    queries: Sequence[Query],
    *,
    height: int = 4,
    texts: tuple[str, str] = ("quiet", "open"),
) -> Panel:
    """When something was open: 0 is quiet, above is open (or what `texts` calls it), nothing is unknown."""
    well, ill = texts
    content = grafana.StateTimeline(
        title=about.title,
        description=about.description,
        showValue="never",
        thresholds=threshold_steps(((UNKNOWN, None), (GOOD, 0), (BAD, 1))),
        mappings=[
            {"type": "value", "options": {"0": {"color": GOOD, "index": 0, "text": well}}},
            {
                "type": "range",
                "options": {"from": 1, "to": -LOWEST, "result": {"color": BAD, "index": 1, "text": ill}},
            },
        ],
        targets=targets_of(queries),
        extraJson={
            "fieldConfig": {"defaults": {"unit": "short", "noValue": NO_DATA}},
            "options": {"legend": {"showLegend": True, "calcs": []}, "tooltip": {"sort": "none"}},
        },
    )
    return Panel(about.slug, content, 24, height)


def note(about: About, markdown: str, *, height: int = 6) -> Panel:
    """Text for people."""
    content = grafana.Text(title=about.title, description=about.description, content=markdown)
    return Panel(about.slug, content, 24, height)


def targets_of(
    queries: Sequence[Query], *, instant: bool = False, format_: str = "time_series"
) -> list[grafana.Target]:
    """Queries as Grafana's targets: over the time range, or of its end alone."""
    return [
        grafana.Target(expr=query.expr, legendFormat=query.legend, instant=instant, format=format_)
        for query in queries
    ]


def threshold_steps(steps: Sequence[Step]) -> list[dict[str, Any]]:
    """Where each colour begins."""
    return [{"color": color, "value": value} for color, value in steps]


def _fixed(color: str) -> dict[str, str]:
    return {"mode": "fixed", "fixedColor": color}


def override_of(name: str, *properties: tuple[str, Any]) -> dict[str, Any]:
    """Other properties for the series or column of a name."""
    return {
        "matcher": {"id": "byName", "options": name},
        "properties": [{"id": key, "value": value} for key, value in properties],
    }


def unknown_value() -> dict[str, Any]:
    """What is null is grey, and says that there is no data."""
    return {
        "type": "special",
        "options": {"match": "null+nan", "result": {"color": UNKNOWN, "index": 0, "text": NO_DATA}},
    }
