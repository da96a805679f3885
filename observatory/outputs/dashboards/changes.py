"""What changed: which versions of a service run, and when it was deployed, restarted or had a flag turned."""

from collections import defaultdict
from collections.abc import Iterable

from observatory.catalog import Matcher, Service
from observatory.outputs.dashboards import grafana, traffic
from observatory.outputs.dashboards.layout import Section
from observatory.outputs.dashboards.panels import About, Scale, lines
from observatory.outputs.dashboards.queries import Query, among

_DEPLOY, _FLAG = "deploy", "flag"
"""Tags of annotations that pipelines put into Grafana, beside the name of a service or of a squad."""


def versions_section(service: Service) -> Section | None:
    """How many processes run each version; None for a service that is found by no label."""
    if not service.selector:
        return None
    return Section(
        "versions",
        "What runs",
        [
            lines(
                About(
                    "versions",
                    "Processes by version",
                    "Which version runs, and since when? Two at once is a deploy under way, or one that got stuck. "
                    "From any metric called …_build_info with a label version.",
                ),
                [Query(traffic.versions(_labels(service)), "{{version}}")],
                Scale("short", decimals=0),
                stacked=True,
                width=24,
            )
        ],
    )


def change_marks(service: Service) -> list[grafana.Json]:
    """Of one service: processes that started, and what was told to Grafana."""
    starts = (
        [_starts(traffic.process_starts(_labels(service)), "a process started")] if service.selector else []
    )
    return [*starts, *told_marks(service.name)]


def squad_change_marks(squad: str, services: Iterable[Service]) -> list[grafana.Json]:
    """Of a squad's services, as far as one label tells each of them apart."""
    names: defaultdict[str, list[str]] = defaultdict(list)
    for service in services:
        if len(service.selector) == 1:
            ((label, value),) = service.selector.items()
            names[label].append(value)
    starts = [
        _starts(
            traffic.process_starts(among(label, values), by=label), f"a process of {{{{{label}}}}} started"
        )
        for label, values in sorted(names.items())
    ]
    return [*starts, *told_marks(squad)]


def told_marks(name: str) -> list[grafana.Json]:
    """What was posted to Grafana with these tags: `POST /api/annotations {"tags": ["deploy", "playlist"], …}`."""
    return [
        grafana.told("Deploys", (_DEPLOY, name), color="blue"),
        grafana.told("Flags", (_FLAG, name), color="yellow"),
    ]


def _starts(expr: str, title: str) -> grafana.Json:
    return grafana.annotation("Deploys and restarts", expr, color="blue", title=title, value_is_time=True)


def _labels(service: Service) -> str:
    return ",".join(str(Matcher(label, "=", value)) for label, value in sorted(service.selector.items()))
