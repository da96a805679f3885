"""Rules about the PromQL of dashboards."""

import re
from collections.abc import Iterator

from observatory.outputs.lint.board import Board, Target
from observatory.outputs.lint.labels import Labels, labels_of
from observatory.outputs.lint.promql import is_raw, rate_of
from observatory.outputs.lint.registry import Defect, Rules
from observatory.outputs.lint.wording import shown_as_ratio

RULES: Rules[Board] = Rules()
_LEGEND = re.compile(r"{{\s*(\w+)\s*}}")
_OVER_INTERVAL = re.compile(r"\b(rate|increase|irate)\s*\([^\[]*\[\$(?:__interval\b|\{__interval\})")
_OR_ZERO = re.compile(r"\bor\s+(?:on\s*\(\s*\)\s*)?vector\s*\(\s*[01]\s*\)")


@RULES.error("promql", "Every query is PromQL once Grafana has filled in the variables.")
def promql(board: Board) -> Iterator[Defect]:
    """Else the panel shows an error."""
    for query in board.queries:
        if query.complaint:
            yield Defect(query.complaint, query.where, query.path)


@RULES.error("raw-counter", "Counters are read through rate, increase or resets.")
def raw_counter(board: Board) -> Iterator[Defect]:
    """A counter's value tells how long the process has been running."""
    for query in board.queries:
        for used in query.facts.used if query.facts else ():
            if is_raw(used) and board.known.kind(used.metric) == "counter":
                fix = f"such as: rate({used.metric}[$__rate_interval])"
                yield Defect(f"{used.metric} is a counter without a rate", query.where, query.path, fix)


@RULES.error("rate-of-gauge", "Only counters are rated.")
def rate_of_gauge(board: Board) -> Iterator[Defect]:
    """Every fall of a gauge looks like a restart."""
    for query in board.queries:
        for used in query.facts.used if query.facts else ():
            function = rate_of(used)
            if function and board.known.kind(used.metric) == "gauge":
                fix = f"such as: deriv({used.metric}[$__rate_interval])"
                yield Defect(f"{function} of the gauge {used.metric}", query.where, query.path, fix)


@RULES.error("rate-of-sum", "Series are rated before they are summed.")
def rate_of_sum(board: Board) -> Iterator[Defect]:
    """The restart of one process looks like a fall of all."""
    for query in board.queries:
        if query.facts and query.facts.rated_sums:
            yield Defect("a sum is rated", query.where, query.path, fix="sum(rate(…)), not rate(sum(…)[…:])")


@RULES.error("histogram-le", "An aggregation below histogram_quantile keeps le.")
def histogram_le(board: Board) -> Iterator[Defect]:
    """Without le there is nothing to take a quantile of."""
    for query in board.queries:
        if query.facts and query.facts.bare_histograms:
            fix = "such as: histogram_quantile(0.99, sum by (le) (rate(…_bucket[$__rate_interval])))"
            yield Defect("le is dropped before histogram_quantile", query.where, query.path, fix)


@RULES.error("histogram-bucket", "A quantile of a classic histogram is taken of its buckets.")
def histogram_bucket(board: Board) -> Iterator[Defect]:
    """The histogram's own name is no series."""
    for query in board.queries:
        for metric in board.known.without_buckets(query.facts) if query.facts else ():
            yield Defect(
                f"{metric} is a histogram without _bucket", query.where, query.path, f"{metric}_bucket"
            )


@RULES.warning("average-of-averages", "No average is taken of averages or of quantiles.")
def average_of_averages(board: Board) -> Iterator[Defect]:
    """A process with ten requests would weigh as much as one with ten thousand."""
    for query in board.queries:
        if query.facts and query.facts.averaged:
            yield Defect("averages what is an average or a quantile", query.where, query.path)


@RULES.warning("rate-interval", "Rates are taken over $__rate_interval, not over $__interval.")
def rate_interval(board: Board) -> Iterator[Defect]:
    """$__interval may be shorter than two scrapes, and then there is no rate."""
    for query in board.queries:
        if _OVER_INTERVAL.search(query.text):
            yield Defect("rate over $__interval", query.where, query.path, fix="[$__rate_interval]")


@RULES.warning("irate", "Charts over time use rate, not irate.")
def irate(board: Board) -> Iterator[Defect]:
    """It looks at the last two samples of each step, and passes over all others."""
    for target in _targets(board):
        query = target.query
        if query and not target.is_instant and re.search(r"\birate\s*\(", query.text):
            yield Defect("irate shows two samples of each step", query.where, query.path, fix="rate(…)")


@RULES.warning("masked-absence", "A ratio without data stays without data: no `or vector(0)`.")
def masked_absence(board: Board) -> Iterator[Defect]:
    """Else a service that reports nothing looks perfect, or broken."""
    for panel in board.panels:
        for target in panel.targets if shown_as_ratio(panel) else ():
            if target.query and _OR_ZERO.search(target.query.text):
                yield Defect("missing data is shown as a number", target.where, (*target.path, "expr"))


@RULES.error(
    "unknown-metric", "What is asked for exists: a recording rule, or a metric of the list when one is given."
)
def unknown_metric(board: Board) -> Iterator[Defect]:
    """A panel that asks for a renamed metric is empty for ever."""
    for query in board.queries:
        facts = query.facts
        for metric in dict.fromkeys(used.metric for used in facts.used if used.metric) if facts else ():
            if not board.known.exists(metric) and "$" not in query.text.replace("$__", ""):
                what = "no rule records" if ":" in metric else "no exporter of the list has"
                yield Defect(f"{what} {metric}", query.where, query.path)


@RULES.error("legend-label", "A legend names labels that the query leaves.")
def legend_label(board: Board) -> Iterator[Defect]:
    """All its series would be called the same."""
    for target in _targets(board):
        wanted = _LEGEND.findall(str(target.raw.get("legendFormat", "")))
        left = _labels(target) if wanted else None
        for label in wanted if left else ():
            if left and not left.has(label):
                yield Defect(f"no series has the label {label} of the legend", target.where, target.path)


def _labels(target: Target) -> Labels | None:
    if target.query is None or target.query.complaint:
        return None
    return labels_of(target.query.read[0])


def _targets(board: Board) -> Iterator[Target]:
    return (target for panel in board.panels for target in panel.targets)
