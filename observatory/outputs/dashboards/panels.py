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
_NEUTRAL: Sequence[Step] = ((UNKNOWN, None), (PLAIN, LOWEST))
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
        thresholds=_steps(scale.steps or _NEUTRAL),
        mappings=[_unknown(), *mappings],
        targets=_targets([query], instant=True),
    )
    return Panel(about.slug, content, width, 4)


def states(about: About, query: Query, *, width: int, counts: bool) -> Panel:
    """States of SLOs in their colours: the name of the one there is, or how many are in each."""
    overrides = [_override(name, ("color", _fixed(color))) for name, color in STATE_COLORS.items()]
    content = grafana.Stat(
        title=about.title,
        description=about.description,
        format="short",
        color=_fixed(UNKNOWN),
        colorMode="background" if counts else "value",
        graphMode="none",
        reduceCalc="lastNotNull",
        noValue=NO_DATA,
        thresholds=_steps(((UNKNOWN, None),)),
        textMode="value_and_name" if counts else "name",
        overrides=overrides,
        targets=_targets([query], instant=True),
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
        thresholds=_steps((("transparent", None), *scale.steps)),
        thresholdsStyleMode="line" if scale.steps else "off",
        overrides=[_override(name, *_DASHED) for name in dashed],
        targets=_targets(queries),
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
        thresholds=_steps(((UNKNOWN, None), (GOOD, 0), (BAD, 1))),
        mappings=[
            {"type": "value", "options": {"0": {"color": GOOD, "index": 0, "text": well}}},
            {
                "type": "range",
                "options": {"from": 1, "to": -LOWEST, "result": {"color": BAD, "index": 1, "text": ill}},
            },
        ],
        targets=_targets(queries),
        extraJson={
            "fieldConfig": {"defaults": {"unit": "short", "noValue": NO_DATA}},
            "options": {"legend": {"showLegend": True, "calcs": []}, "tooltip": {"sort": "none"}},
        },
    )
    return Panel(about.slug, content, 24, height)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of figures: its heading, where they come from, and how they are shown."""

    title: str
    query: Query
    unit: str = "short"
    steps: Sequence[Step] = ()
    decimals: int | None = None
    hidden: bool = False
    """For a query that is asked for its labels alone."""


def table(  # noqa: PLR0913 - each a property of the panel
    about: About,
    columns: Sequence[Column],
    *,
    sort: str,
    labels: Mapping[str, str],
    links: Mapping[str, tuple[str, str]] | None = None,
    height: int = 10,
    smallest_first: bool = True,
) -> Panel:
    """A row per series, the worst on top.

    Args:
        about: Its heading.
        columns: One per query.
        sort: Heading of the column to sort by.
        labels: Labels that become columns, in this order, with their headings.
        links: Title and URL of the link on each cell of a column, by heading.
        height: In rows.
        smallest_first: The smallest value is the worst, as of a budget that is left; else the largest.
    """
    values = {f"Value #{chr(ord('A') + number)}": column for number, column in enumerate(columns)}
    hidden = {"Time": True} | {name: True for name, column in values.items() if column.hidden}
    names = {name: column.title for name, column in values.items() if not column.hidden}
    order = [*labels, *names]
    organize = {
        "excludeByName": hidden,
        "indexByName": {name: number for number, name in enumerate(order)},
        "renameByName": dict(labels) | names,
    }
    content = grafana.Table(
        title=about.title,
        description=about.description,
        unit="short",
        thresholds=_steps(_NEUTRAL),
        overrides=[
            *(_column(column) for column in columns if not column.hidden),
            *(_override(name, _link(*target)) for name, target in (links or {}).items()),
            *(
                _override(labels[name], *properties)
                for name, properties in _OF_LABELS.items()
                if name in labels
            ),
        ],
        targets=_targets([column.query for column in columns], instant=True, format_="table"),
        transformations=[{"id": "merge", "options": {}}, {"id": "organize", "options": organize}],
        extraJson={
            "fieldConfig": {
                "defaults": {
                    "color": {"mode": "thresholds"},
                    "custom": {"cellOptions": {"type": "auto"}, "inspect": False},
                    "mappings": [_unknown()],
                    "noValue": NO_DATA,
                }
            },
            "options": {
                "cellHeight": "sm",
                "frameIndex": 0,
                "showHeader": True,
                "sortBy": [{"desc": not smallest_first, "displayName": sort}],
            },
        },
    )
    return Panel(about.slug, content, 24, height)


def note(about: About, markdown: str, *, height: int = 6) -> Panel:
    """Text for people."""
    content = grafana.Text(title=about.title, description=about.description, content=markdown)
    return Panel(about.slug, content, 24, height)


def _targets(
    queries: Sequence[Query], *, instant: bool = False, format_: str = "time_series"
) -> list[grafana.Target]:
    return [
        grafana.Target(expr=query.expr, legendFormat=query.legend, instant=instant, format=format_)
        for query in queries
    ]


def _steps(steps: Sequence[Step]) -> list[dict[str, Any]]:
    return [{"color": color, "value": value} for color, value in steps]


def _fixed(color: str) -> dict[str, str]:
    return {"mode": "fixed", "fixedColor": color}


_COLORED = ("custom.cellOptions", {"type": "color-text"})


def _column(column: Column) -> dict[str, Any]:
    properties: list[tuple[str, Any]] = [("unit", column.unit)]
    if column.decimals is not None:
        properties.append(("decimals", column.decimals))
    if column.steps:
        properties += [("thresholds", {"mode": "absolute", "steps": _steps(column.steps)}), _COLORED]
    return _override(column.title, *properties)


def _override(name: str, *properties: tuple[str, Any]) -> dict[str, Any]:
    return {
        "matcher": {"id": "byName", "options": name},
        "properties": [{"id": key, "value": value} for key, value in properties],
    }


def _link(title: str, url: str) -> tuple[str, Any]:
    return ("links", [{"title": title, "url": url, "targetBlank": False}])


def _state_mapping() -> dict[str, Any]:
    options = {
        name: {"color": color, "index": index, "text": name.replace("_", " ")}
        for index, (name, color) in enumerate(STATE_COLORS.items())
    }
    return {"type": "value", "options": options}


_OF_LABELS: Mapping[str, Sequence[tuple[str, Any]]] = {
    "state": (("mappings", [_state_mapping()]), _COLORED),
    "dashboard": (("custom.hidden", True),),
}
"""Labels that look special as columns: states in their colours; uids only for links to use."""


def _unknown() -> dict[str, Any]:
    return {
        "type": "special",
        "options": {"match": "null+nan", "result": {"color": UNKNOWN, "index": 0, "text": NO_DATA}},
    }
