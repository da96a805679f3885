"""Rules about the PromQL of recording rules and alerts."""

from collections.abc import Iterator

from observatory.outputs.lint.habits import costly, needless
from observatory.outputs.lint.promql import is_raw, parse, rate_of
from observatory.outputs.lint.registry import Defect, Rules
from observatory.outputs.lint.rulebook import Rulebook

RULES: Rules[Rulebook] = Rules()


@RULES.error("rule-promql", "Every rule has a name, and an expression in PromQL.")
def rule_promql(book: Rulebook) -> Iterator[Defect]:
    """Prometheus loads no file with such a rule."""
    for rule in book.content.rules:
        if bool(rule.alert) == bool(rule.record):
            yield Defect("a rule is either an alert or a record", rule.where, rule.path)
        if rule.expr not in book.expressions:
            yield Defect(_complaint(rule.expr), rule.where, (*rule.path, "expr"))


def _complaint(expr: str) -> str:
    try:
        parse(expr)
    except ValueError as error:
        return str(error)
    return "can't be parsed"


@RULES.error(
    "rule-metric",
    "What a rule reads exists: recorded by a rule, or in the list of metrics when one is given.",
)
def rule_metric(book: Rulebook) -> Iterator[Defect]:
    """A rule on a renamed metric is silent for ever."""
    for rule, parsed in book.parsed():
        for metric in dict.fromkeys(used.metric for used in parsed.facts.used if used.metric):
            if not book.known.exists(metric):
                what = "no rule records" if ":" in metric else "no exporter of the list has"
                yield Defect(f"{what} {metric}", rule.where, (*rule.path, "expr"))


@RULES.error("rule-rate-of-gauge", "Rules rate counters only.")
def rule_rate_of_gauge(book: Rulebook) -> Iterator[Defect]:
    """Every fall of a gauge looks like a restart."""
    for rule, parsed in book.parsed():
        for used in parsed.facts.used:
            if rate_of(used) and book.known.kind(used.metric) == "gauge":
                yield Defect(f"{rate_of(used)} of the gauge {used.metric}", rule.where, (*rule.path, "expr"))


@RULES.error("rule-raw-counter", "Rules read counters through rate, increase or resets.")
def rule_raw_counter(book: Rulebook) -> Iterator[Defect]:
    """An alert on a counter's value fires until the process starts again."""
    for rule, parsed in book.parsed():
        for used in parsed.facts.used:
            if is_raw(used) and book.known.kind(used.metric) == "counter":
                fix = f"such as: increase({used.metric}[5m])"
                yield Defect(
                    f"{used.metric} is a counter without a rate", rule.where, (*rule.path, "expr"), fix
                )


@RULES.error("rule-rate-of-sum", "Rules rate series before they sum them.")
def rule_rate_of_sum(book: Rulebook) -> Iterator[Defect]:
    """The restart of one process looks like a fall of all; a recorded sum is one, too."""
    for rule, parsed in book.parsed():
        summed = [used for used in parsed.facts.used if rate_of(used) and used.metric in book.known.recorded]
        if parsed.facts.rated_sums or summed:
            yield Defect("a sum is rated", rule.where, (*rule.path, "expr"), fix="sum(rate(…))")


@RULES.error("rule-histogram", "Quantiles are taken of buckets, and le is kept.")
def rule_histogram(book: Rulebook) -> Iterator[Defect]:
    """Else there is nothing to take a quantile of, and the rule is silent for ever."""
    for rule, parsed in book.parsed():
        if parsed.facts.bare_histograms:
            yield Defect("le is dropped before histogram_quantile", rule.where, (*rule.path, "expr"))
        for metric in book.known.without_buckets(parsed.facts):
            yield Defect(f"{metric} is a histogram without _bucket", rule.where, (*rule.path, "expr"))


@RULES.warning("fragile-ratio", "A ratio that is recorded is divided by something above zero.")
def fragile_ratio(book: Rulebook) -> Iterator[Defect]:
    """Without traffic 0/0 is recorded as NaN, which makes every sum over it NaN as well."""
    for rule, parsed in book.parsed():
        if (rule.record or parsed.facts.nan_is_aggregated) and parsed.facts.divides_by_zero:
            fix = "such as: … / (sum(rate(…)) > 0)"
            yield Defect("is NaN without traffic", rule.where, (*rule.path, "expr"), fix)


@RULES.warning("rule-regex", "Regular expressions are needed, and without anchors that are there anyway.")
def rule_regex(book: Rulebook) -> Iterator[Defect]:
    """= says what is meant, and costs less."""
    for rule in book.content.rules:
        for message in needless(rule.expr):
            yield Defect(message, rule.where, (*rule.path, "expr"))


@RULES.warning("rule-subquery", "Subqueries have at most 1 500 steps: what is longer is recorded first.")
def rule_subquery(book: Rulebook) -> Iterator[Defect]:
    """The whole of it is evaluated again at every evaluation of the rule."""
    for rule, parsed in book.parsed():
        for message in costly(parsed.facts):
            yield Defect(message, rule.where, (*rule.path, "expr"))


@RULES.error("rule-retention", "Rules look no further back than Prometheus remembers (with --retention).")
def rule_retention(book: Rulebook) -> Iterator[Defect]:
    """The sum of 30 days is one of 15, and nothing says so."""
    for rule, parsed in book.parsed():
        message = book.known.forgotten(parsed.facts)
        if message:
            yield Defect(message, rule.where, (*rule.path, "expr"))
