"""The kinds of SLI there are, and how one of them is written: `{latency: …}`."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Discriminator, GetCoreSchemaHandler, Tag
from pydantic_core import CoreSchema

from observatory.catalog import notation
from observatory.catalog.counters import ErrorOrSlow, Events, Latency
from observatory.catalog.definition import Definition
from observatory.catalog.expressions import Promql
from observatory.catalog.gauges import Freshness, Probe, Queue, Threshold
from observatory.catalog.presets import Preset
from observatory.catalog.written import BadValue, nearest_to

Sliced = Probe | Threshold | Freshness | Queue
"""SLIs whose events are slices of time; each has a `gauge` and a `condition`."""
Sli = Events | Latency | ErrorOrSlow | Probe | Threshold | Freshness | Queue | Promql

KINDS: Mapping[str, type[Definition]] = {
    "events": Events,
    "latency": Latency,
    "error_or_slow": ErrorOrSlow,
    "probe": Probe,
    "threshold": Threshold,
    "freshness": Freshness,
    "queue": Queue,
    "promql": Promql,
    "preset": Preset,
}
"""By the word that an SLI is written with."""
EXAMPLE = "{events: {total: http_requests_total, bad: 'http_requests_total{code=~\"5..\"}'}}"


def _one_kind(value: object) -> object:
    """Refuse what is no `{kind: …}` before the alternatives are tried."""
    if isinstance(value, tuple(KINDS.values())):
        return value
    if not isinstance(value, dict):
        raise BadValue("an SLI is a mapping from its kind to its metrics", example=EXAMPLE)
    if "preset" in value:
        return value
    if len(value) != 1:
        raise BadValue(f"an SLI has exactly one kind, of {', '.join(KINDS)}", example=EXAMPLE)
    kind = str(next(iter(value)))
    if kind not in KINDS:
        rule = f"an SLI is of one of the kinds {', '.join(KINDS)}"
        raise BadValue(rule, example=EXAMPLE, nearest=nearest_to(kind, KINDS), at=(kind,))
    return value


def _kind_of(value: object) -> str:
    if isinstance(value, dict):
        return "preset" if "preset" in value else str(next(iter(value)))
    return next(kind for kind, model in KINDS.items() if isinstance(value, model))


def _resolved(preset: Preset) -> Sli:
    return preset.sli


_Written = Annotated[
    Annotated[Events, notation.Keyed("events"), Tag("events")]
    | Annotated[Latency, notation.Keyed("latency"), Tag("latency")]
    | Annotated[ErrorOrSlow, notation.Keyed("error_or_slow"), Tag("error_or_slow")]
    | Annotated[Probe, notation.Short("gauge"), notation.Keyed("probe"), Tag("probe")]
    | Annotated[Threshold, notation.Keyed("threshold"), Tag("threshold")]
    | Annotated[Freshness, notation.Keyed("freshness"), Tag("freshness")]
    | Annotated[Queue, notation.Keyed("queue"), Tag("queue")]
    | Annotated[Promql, notation.Keyed("promql"), Tag("promql")]
    | Annotated[Preset, AfterValidator(_resolved), Tag("preset")],
    Discriminator(_kind_of),
    BeforeValidator(_one_kind),
]


class _AsWritten:
    """Read as `_Written`, so that a preset is one of the kinds by the time anybody sees it."""

    def __get_pydantic_core_schema__(self, _: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return handler.generate_schema(_Written)


WrittenSli = Annotated[Sli, _AsWritten()]
