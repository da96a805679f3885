"""Events in memory that answer planned queries, as a Prometheus would."""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import accumulate
from typing import Any, Self

import promql_parser

from observatory.catalog import Matcher, Selector, parse_selector
from observatory.errors import ObservatoryError
from observatory.measurement import Answer
from observatory.planning import Dialect


@dataclass(slots=True)
class MemoryMetrics:
    """A metrics source that is told what happened. It understands the queries that `planning` writes, and no other."""

    warnings: Sequence[str] = ()
    """Sent along with every answer."""
    failure: Callable[[str], ObservatoryError | None] = lambda _: None
    """PromQL to what goes wrong with it, if anything."""
    asked: list[str] = field(default_factory=list)
    """Every query so far."""
    _counters: "list[_Counter]" = field(default_factory=list)

    def count(self, metric: str, labels: Mapping[str, str], events: Mapping[int, float]) -> None:
        """Let a series count: Unix second to events. It is there from the first to the last of these seconds."""
        self._counters.append(_Counter({**labels, "__name__": metric}, events))

    def query_range(self, promql: str, *, start: int, end: int, step: int, timeout: timedelta) -> Answer:  # noqa: ARG002 - the port's
        """See the port."""
        self.asked.append(promql)
        if failure := self.failure(promql):
            raise failure
        tree = promql_parser.parse(promql)
        # What planning asks about breaks is no aggregation, and there are none here: counters never end.
        asked = _Asked.read(tree, promql) if isinstance(tree, promql_parser.AggregateExpr) else None
        rows: dict[tuple[tuple[str, str], ...], dict[int, float]] = defaultdict(dict)
        for counter in self._counters if asked else ():
            if asked and asked.means(counter):
                row = rows[
                    tuple((label, counter.labels[label]) for label in asked.by if label in counter.labels)
                ]
                for time in range(start, end + 1, step):
                    if counter.there(time):
                        row[time] = row.get(time, 0) + counter.grown(time - asked.tick, time)
        return Answer.of([(dict(by), sorted(row.items())) for by, row in rows.items() if row], self.warnings)

    def dialect(self, *, timeout: timedelta) -> Dialect:  # noqa: ARG002 - the port's
        """See the port."""
        return Dialect.PROMQL


class _Counter:
    """A series, added up once: a life of weeks is asked about every minute of it."""

    def __init__(self, labels: Mapping[str, str], events: Mapping[int, float]) -> None:
        self.labels = labels
        self._seconds = sorted(events)
        self._counted = [0.0, *accumulate(events[second] for second in self._seconds)]

    def there(self, time: int) -> bool:
        """Whether it exists at a moment."""
        return self._seconds[0] <= time <= self._seconds[-1]

    def grown(self, after: int, until: int) -> float:
        """Events with after < second <= until."""
        first, last = (bisect_right(self._seconds, time) for time in (after, until))
        return self._counted[last] - self._counted[first]


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a planned query is about."""

    selector: Selector
    by: Sequence[str]
    tick: int

    @classmethod
    def read(cls, tree: Any, promql: str) -> Self:
        offset = re.search(r" offset (\d+)s", promql)
        by = [label for label in tree.modifier.labels if label != "__name__"]
        while not isinstance(tree, promql_parser.VectorSelector):
            match tree:
                case promql_parser.BinaryExpr():
                    tree = tree.lhs
                case promql_parser.Call():
                    tree = tree.args[0]
                case promql_parser.MatrixSelector():
                    tree = tree.vector_selector
                case _:
                    tree = tree.expr
        return cls(parse_selector(tree.prettify()), by, int(offset[1]) if offset else 0)

    def means(self, counter: _Counter) -> bool:
        return counter.labels["__name__"] == self.selector.metric and all(
            _holds(matcher, counter.labels.get(matcher.label, "")) for matcher in self.selector.matchers
        )


def _holds(matcher: Matcher, value: str) -> bool:
    match matcher.operator:
        case "=":
            return value == matcher.value
        case "!=":
            return value != matcher.value
        case "=~":
            return re.fullmatch(matcher.value, value) is not None
        case "!~":
            return re.fullmatch(matcher.value, value) is None
