"""Tables of figures: a row a series, the worst on top, with links to where it goes on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from observatory.outputs.dashboards import grafana
from observatory.outputs.dashboards.panels import (
    NEUTRAL_STEPS,
    NO_DATA,
    STATE_COLORS,
    About,
    Panel,
    Step,
    override_of,
    targets_of,
    threshold_steps,
    unknown_value,
)
from observatory.outputs.dashboards.queries import Query

KEEPING_TIME = "?${__url_time_range}&var-datasource=${datasource}"
"""What a link in a table carries along."""
SERVICE_LINK = ("Open the service", "/d/${__data.fields.dashboard}" + KEEPING_TIME)


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
        thresholds=threshold_steps(NEUTRAL_STEPS),
        overrides=[
            *(_column(column) for column in columns if not column.hidden),
            *(override_of(name, _link(*target)) for name, target in (links or {}).items()),
            *(
                override_of(labels[name], *properties)
                for name, properties in _OF_LABELS.items()
                if name in labels
            ),
        ],
        targets=targets_of([column.query for column in columns], instant=True, format_="table"),
        transformations=[{"id": "merge", "options": {}}, {"id": "organize", "options": organize}],
        extraJson={
            "fieldConfig": {
                "defaults": {
                    "color": {"mode": "thresholds"},
                    "custom": {"cellOptions": {"type": "auto"}, "inspect": False},
                    "mappings": [unknown_value()],
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


_COLORED = ("custom.cellOptions", {"type": "color-text"})


def _column(column: Column) -> dict[str, Any]:
    properties: list[tuple[str, Any]] = [("unit", column.unit)]
    if column.decimals is not None:
        properties.append(("decimals", column.decimals))
    if column.steps:
        properties += [("thresholds", {"mode": "absolute", "steps": threshold_steps(column.steps)}), _COLORED]
    return override_of(column.title, *properties)


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
