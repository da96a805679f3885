"""A dashboard's JSON as the lint sees it, whoever wrote it: nothing is taken for granted, not even its types."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from observatory.outputs.findings.model import Step
from observatory.outputs.lint.metrics import Known
from observatory.outputs.lint.promql import Facts, facts_of_shape, parse, shape
from observatory.outputs.lint.variables import expanded

Json = Mapping[str, Any]
WITHOUT_QUERIES = frozenset({"row", "text", "news", "dashlist", "alertlist", "annolist", "welcome"})
_BUILT_IN = frozenset({"-- Mixed --", "-- Dashboard --", "-- Grafana --", "grafana"})


@dataclass(frozen=True)
class Query:
    """PromQL somewhere in a dashboard."""

    where: str
    path: tuple[Step, ...]
    text: str

    @cached_property
    def expanded(self) -> str:
        """With Grafana's variables filled in."""
        return expanded(self.text)

    @cached_property
    def read(self) -> tuple[Any, str]:
        """Its tree, or None and why it can't be parsed."""
        try:
            return parse(self.expanded), ""
        except ValueError as error:
            return None, str(error) or "it is no PromQL"

    @property
    def complaint(self) -> str:
        """Why it can't be parsed; empty when it can."""
        return self.read[1]

    @cached_property
    def facts(self) -> Facts | None:
        """What it does; None when it can't be parsed."""
        return facts_of_shape(shape(self.expanded))


@dataclass(frozen=True)
class Target:
    """One query of a panel."""

    raw: Json
    where: str
    path: tuple[Step, ...]
    query: Query | None
    """None when it is empty or in another language."""

    @property
    def ref(self) -> str:
        """Its refId."""
        return text(self.raw.get("refId"))

    @property
    def is_instant(self) -> bool:
        """Only the newest value is asked for."""
        return bool(self.raw.get("instant")) and not self.raw.get("range")


@dataclass(frozen=True)
class Panel:
    """One panel, or a row."""

    raw: Json
    path: tuple[Step, ...]
    targets: tuple[Target, ...]

    @property
    def kind(self) -> str:
        """Its plugin: timeseries, stat, row."""
        return text(self.raw.get("type"))

    @property
    def where(self) -> str:
        """What people call it."""
        return f'panel "{text(self.raw.get("title")) or self.raw.get("id", "")}"'

    @property
    def shows_queries(self) -> bool:
        """It is about data."""
        return self.kind not in WITHOUT_QUERIES

    @property
    def defaults(self) -> Json:
        """How its values look."""
        return mapping(mapping(self.raw.get("fieldConfig")).get("defaults"))

    def properties(self, name: str) -> Iterator[tuple[tuple[Step, ...], Any]]:
        """The values of a property: the panel's own, then those of its overrides, each with its path."""
        if name in self.defaults:
            yield (*self.path, "fieldConfig", "defaults", name), self.defaults[name]
        for number, override in mappings(mapping(self.raw.get("fieldConfig")).get("overrides")):
            for index, item in mappings(override.get("properties")):
                if item.get("id") == name:
                    at = ("fieldConfig", "overrides", number, "properties", index, "value")
                    yield (*self.path, *at), item.get("value")


@dataclass(frozen=True)
class Variable:
    """A variable of the dashboard."""

    raw: Json
    path: tuple[Step, ...]

    @property
    def name(self) -> str:
        """Without the $."""
        return text(self.raw.get("name"))

    @property
    def kind(self) -> str:
        """Such as query, datasource or custom."""
        return text(self.raw.get("type"))

    @property
    def where(self) -> str:
        """What people call it."""
        return f"variable ${self.name}"

    @property
    def query(self) -> str:
        """Of a query variable, in either of the two ways it is written."""
        written = self.raw.get("query")
        return text(mapping(written).get("query")) if isinstance(written, dict) else text(written)

    @property
    def sample(self) -> str:
        """What it is while nobody has chosen: its saved value, several of them as a|b, all of them as any."""
        value = mapping(self.raw.get("current")).get("value")
        values = [text(item) for item in (value if isinstance(value, list) else [value])]
        if not any(values) or "$__all" in values:
            return text(self.raw.get("allValue")) or ".*"
        return "|".join(values)


@dataclass(frozen=True)
class Board:
    """A dashboard."""

    file: str
    text: str
    raw: Json
    prefix: tuple[Step, ...] = ()
    known: Known = field(default_factory=Known)

    @cached_property
    def panels(self) -> tuple[Panel, ...]:
        """Every panel, with those of collapsed rows."""
        return tuple(self._panels(self.raw, self.prefix))

    @cached_property
    def variables(self) -> tuple[Variable, ...]:
        """Every variable."""
        listed = mapping(self.raw.get("templating")).get("list")
        return tuple(
            Variable(raw, (*self.prefix, "templating", "list", number)) for number, raw in mappings(listed)
        )

    @cached_property
    def queries(self) -> tuple[Query, ...]:
        """Of panels and annotations."""
        found = [target.query for panel in self.panels for target in panel.targets if target.query]
        for number, mark in mappings(mapping(self.raw.get("annotations")).get("list")):
            written = text(mark.get("expr"))
            if written and self.is_prometheus(mark.get("datasource")):
                path = (*self.prefix, "annotations", "list", number, "expr")
                found.append(Query(f'annotation "{text(mark.get("name"))}"', path, written))
        return tuple(found)

    @cached_property
    def sources(self) -> Mapping[str, str]:
        """The data source variables, and the kind of each."""
        return {v.name: v.query or "prometheus" for v in self.variables if v.kind == "datasource"}

    def is_declared(self, source: object) -> bool:
        """Whether this data source is one of Grafana's own or goes through a declared variable."""
        uid = text(mapping(source).get("uid"))
        return uid in _BUILT_IN or variable_name(uid) in self.sources

    def is_prometheus(self, source: object) -> bool:
        """Whether queries to this data source are PromQL, as far as it says."""
        given = mapping(source)
        kind = text(given.get("type")) or self.sources.get(
            variable_name(text(given.get("uid"))), "prometheus"
        )
        return kind == "prometheus"

    def _panels(self, holder: Json, prefix: tuple[Step, ...]) -> Iterator[Panel]:
        for number, raw in mappings(holder.get("panels")):
            path = (*prefix, "panels", number)
            yield Panel(raw, path, tuple(self._targets(raw, path)))
            yield from self._panels(raw, path)

    def _targets(self, panel: Json, path: tuple[Step, ...]) -> Iterator[Target]:
        title = f'panel "{text(panel.get("title")) or panel.get("id", "")}"'
        for number, raw in mappings(panel.get("targets")):
            here, where = (*path, "targets", number), f"{title}, query {text(raw.get('refId')) or number}"
            written = text(raw.get("expr"))
            ours = written and self.is_prometheus(raw.get("datasource") or panel.get("datasource"))
            yield Target(raw, where, here, Query(where, (*here, "expr"), written) if ours else None)


def variable_name(uid: str) -> str:
    """`${datasource}` and `$datasource` without the decoration; empty when it is no variable."""
    found = re.fullmatch(r"\$(?:\{(\w+)(?::\w+)?\}|(\w+))", uid)
    return (found[1] or found[2]) if found else ""


def text(value: object) -> str:
    """A string, or none."""
    return value if isinstance(value, str) else ""


def mapping(value: object) -> Json:
    """An object, or an empty one."""
    return value if isinstance(value, dict) else {}


def mappings(value: object) -> Iterator[tuple[int, Json]]:
    """The objects of a list, by their index."""
    if isinstance(value, list):
        for number, item in enumerate(value):
            if isinstance(item, dict):
                yield number, item
