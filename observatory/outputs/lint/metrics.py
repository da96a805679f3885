"""What is known of metrics: their types, from a list of one's own, else from the conventions of their names."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from observatory.outputs.lint.promql import Facts

_TYPE = re.compile(r"(?m)^# TYPE ([a-zA-Z_:][\w:]*) (\w+)")
_SAMPLE = re.compile(r"(?m)^([a-zA-Z_:][\w:]*)")
_BUCKET = re.compile(r'(?m)^([a-zA-Z_:][\w:]*)_bucket\{.*?\ble="([^"]+)"')
_COUNTED = re.compile(r"\bhistogram_count\((?:rate\()?([a-zA-Z_:][\w:]*)")
_PARTS = {
    "histogram": ("_bucket", "_count", "_sum"),
    "summary": ("", "_count", "_sum"),
    "counter": ("", "_total"),
}
_COUNTER = re.compile(r".+_(total|bucket)")
_GAUGE = re.compile(
    r"up|.+_(ratio|info|timestamp_seconds|depth|celsius|percent|in_flight|in_progress|inprogress)"
)
_GAUGES_BY_NAME = frozenset({
    "mcac_storage_total_hints_in_progress_total",
    "mcac_table_live_disk_space_used_total",
})  # fmt: skip
"""Named like counters, and they fall: DataStax's collector for Cassandra."""
_COUNTERS_BY_NAME = re.compile(
    r"pg_stat_database_(xact_commit|xact_rollback|blks_hit|blks_read|tup_\w+|deadlocks|conflicts|temp_bytes|temp_files)"
)
"""Counters of postgres_exporter, which has always left out `_total`."""
_DAY = 86_400
ALWAYS = frozenset({"ALERTS", "ALERTS_FOR_STATE", "up", "scrape_duration_seconds", "scrape_samples_scraped"})
"""Prometheus makes them itself."""


@dataclass(frozen=True, slots=True)
class Known:
    """What a check is given beside the files themselves."""

    types: Mapping[str, str] = field(default_factory=dict)
    """Metric to type, counter, gauge or untyped; empty when no list was given, and then every name is believed."""
    recorded: frozenset[str] = frozenset()
    """What recording rules make."""
    alerts: frozenset[str] = frozenset()
    """Names of the alerts of all rule files; empty when there are none, and then every name is believed."""
    limits: Mapping[str, frozenset[float]] = field(default_factory=dict)
    """What alerts compare, as the parser writes it, to the limits they compare it with."""
    native: frozenset[str] = frozenset()
    """Histograms that are native, whether or not they are classic too."""
    retention: float | None = None
    """Seconds that Prometheus remembers, where somebody said it."""

    def kind(self, metric: str) -> str:
        """Counter, gauge, or empty when nobody can tell."""
        listed = self.types.get(metric, "")
        if listed in ("counter", "gauge"):
            return listed
        if metric in self.recorded or ":" in metric or metric in _GAUGES_BY_NAME:
            return "gauge"
        if _COUNTERS_BY_NAME.fullmatch(metric) or _COUNTER.fullmatch(metric):
            return "counter"
        return "gauge" if _GAUGE.fullmatch(metric) else ""

    def without_buckets(self, facts: Facts) -> list[str]:
        """Classic histograms that a quantile is taken of as if they were native ones."""
        asked = (used.metric for used in facts.used if "histogram_quantile" in used.functions)
        return [
            metric
            for metric in dict.fromkeys(asked)
            if f"{metric}_bucket" in self.types and metric not in self.native
        ]

    def forgotten(self, facts: Facts) -> str:
        """Why an expression looks back too far; empty when it does not."""
        if self.retention is None or facts.longest <= self.retention:
            return ""
        return f"looks back {facts.longest / _DAY:g} days, and Prometheus remembers {self.retention / _DAY:g}"

    def exists(self, metric: str) -> bool:
        """False when a recording rule, or a metric while a list was given, is nowhere to be found."""
        if metric in self.recorded or metric in self.types or metric in ALWAYS:
            return True
        if metric in self.native and f"{metric}_count" in self.types:
            return True
        return ":" not in metric and not self.types


def read_metrics(texts: Iterable[str]) -> dict[str, str]:
    """Types of metrics from what exporters expose (`curl …/metrics`), or from plain lists of names."""
    types: dict[str, str] = {}
    for text in texts:
        types |= dict.fromkeys(_SAMPLE.findall(text), "untyped")
        native = _without_bounds(text)
        for name, kind in _TYPE.findall(text):
            parts = ("", "_count", "_sum") if name in native else _PARTS.get(kind, ("",))
            for part in parts:
                types[name + part] = "gauge" if kind == "gauge" else _kind_of(kind, part)
        for name in native:
            del types[f"{name}_bucket"]
    return types


def counted_natively(expressions: Iterable[str]) -> frozenset[str]:
    """Histograms whose events PromQL counts as only those of native ones are counted."""
    return frozenset(metric for text in expressions for metric in _COUNTED.findall(text))


def _without_bounds(text: str) -> set[str]:
    """Histograms that have no bucket but that of everything: what a native one looks like as text."""
    bounds: dict[str, set[str]] = {}
    for name, bound in _BUCKET.findall(text):
        bounds.setdefault(name, set()).add(bound)
    return {name for name, found in bounds.items() if found == {"+Inf"}}


def _kind_of(kind: str, part: str) -> str:
    return "counter" if kind == "counter" or part else "untyped"
