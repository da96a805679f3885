"""What only a Prometheus can tell of dashboards and rules: queries that fail, or find nothing."""

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from observatory.application.ports import MetricsSource
from observatory.errors import Refused
from observatory.outputs.findings import Finding, Level, located
from observatory.outputs.lint import RuleFile, is_test, read_rule_file
from observatory.outputs.lint.dashboards import board_of
from observatory.outputs.lint.variables import filled
from observatory.outputs.preview.reading import TimeRange

_PATIENCE = timedelta(seconds=30)
_AT_ONCE = 8
_LOOKED_AT = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A query, and whom to tell of it."""

    finding: Finding
    """How it would be told that the result is empty."""
    expr: str
    may_be_empty: bool


def ask(generated: Mapping[str, str], source: MetricsSource, *, now: datetime) -> Iterator[Finding]:
    """Every query of every dashboard and rule, asked; what failed, and what found nothing.

    An alert without a result is one that does not fire, so only its errors are told. Annotations likewise.

    Args:
        generated: files by their path, `dashboards/…` and `alert_rules/…`.
        source: where the queries go.
        now: the end of the hour that is asked for.

    Raises:
        Unavailable: Prometheus does not answer.
    """
    end = int(now.timestamp())
    span = TimeRange(end - int(_LOOKED_AT.total_seconds()), end)
    for file, content in generated.items():
        asked = [*_of_file(file, content, span)]
        if not asked:
            continue
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="check") as pool:
            answers = pool.map(lambda one: _answer(one, source, span), asked)
            found = [finding for finding in answers if finding]
        yield from located(found, content) if found else ()


def _of_file(file: str, content: str, span: TimeRange) -> Iterator[_Asked]:
    if file.startswith("dashboards/") and file.endswith(".json"):
        board = board_of(content)
        values = {v.name: v.sample for v in board.variables} if board else {}
        for query in board.queries if board else ():
            empty = Finding("empty-result", Level.WARNING, file, "finds nothing", query.where, query.path)
            is_mark = query.where.startswith("annotation")
            yield _Asked(empty, filled(span.filled(query.text), values), is_mark)
    elif file.startswith("alert_rules/") and file.endswith((".yml", ".yaml")) and not is_test(content):
        yield from _of_rules(read_rule_file(file, content))


def _of_rules(content: RuleFile | Finding) -> Iterable[_Asked]:
    if isinstance(content, RuleFile):
        for rule in content.rules:
            empty = Finding(
                "empty-result", Level.WARNING, rule.file, "finds nothing", rule.where, (*rule.path, "expr")
            )
            yield _Asked(empty, rule.expr, bool(rule.alert))


def _answer(asked: _Asked, source: MetricsSource, span: TimeRange) -> Finding | None:
    finding = asked.finding
    try:
        answer = source.query_range(
            asked.expr, start=span.end, end=span.end, step=span.step, timeout=_PATIENCE
        )
    except Refused as error:
        return Finding("failing-query", Level.ERROR, finding.file, str(error), finding.where, finding.path)
    return None if asked.may_be_empty or len(answer.values) else finding
