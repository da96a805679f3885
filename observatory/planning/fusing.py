"""Catalog to queries: SLOs whose selectors differ only in label values share one query."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from observatory.catalog import Events, Latency, Matcher, Selector, ServiceSlo
from observatory.planning import promql
from observatory.planning.queries import LONGEST, Feeds, Plan, Query

MOST_GROUPS = 1000
_MENTIONS = 4
"""How often a query names its selector."""


class Term(NamedTuple):
    """What an SLO counts: a selector, and what its events are (see Feeds)."""

    selector: Selector
    total: float
    bad: float
    bound: str | None = None


class Feed(NamedTuple):
    """A term's events go to this SLO."""

    slo: int
    total: float
    bad: float


class Family(NamedTuple):
    """What the selectors of one query have in common."""

    selector: Selector
    """Without its `=` matchers."""
    labels: tuple[str, ...]
    """The labels of the `=` matchers."""
    presence: bool
    bound: str | None


@dataclass(slots=True)
class _Use:
    """What is wanted of one selector."""

    bound: str | None
    feeds: list[Feed] = field(default_factory=list)


Group = tuple[str, ...]


def plan(entries: Sequence[ServiceSlo], *, tick: int) -> Plan:
    """The queries that measure these SLOs over ticks of `tick` seconds, in as few questions as possible.

    The SLOs keep their order. A selector that several SLOs use is asked once.
    """
    uses: dict[Selector, _Use] = {}
    for index, entry in enumerate(entries):
        for term in terms(entry):
            use = uses.setdefault(term.selector, _Use(term.bound))
            use.feeds.append(Feed(index, term.total, term.bad))
    queries = [
        query
        for family, members in sorted(_families(uses).items(), key=lambda item: str(item[0]))
        for query in _queries(family, members, tick=tick)
    ]
    return Plan(tuple(entry.id for entry in entries), tick, tuple(queries))


def terms(entry: ServiceSlo) -> Iterator[Term]:
    """What an SLO counts, each selector with the labels of its service."""
    own = [Matcher(label, "=", value) for label, value in entry.service.selector.items()]
    match entry.slo.sli:
        case Events(total=total, bad=bad, good=good):
            yield from (Term(selector.where(*own), 1, 1 if good else 0) for selector in total)
            yield from (Term(selector.where(*own), 0, 1) for selector in bad)
            yield from (Term(selector.where(*own), 0, -1) for selector in good)
        case Latency(histogram=histogram, below=below):
            bound = f"{below.total_seconds():.15g}"
            count = Selector(f"{histogram.metric}_count", histogram.matchers).where(*own)
            bucket = Selector(f"{histogram.metric}_bucket", histogram.matchers).where(*own, promql.le(bound))
            yield Term(count, 1, 1)
            yield Term(bucket, 0, -1, bound)


def _families(uses: Mapping[Selector, _Use]) -> Mapping[Family, dict[Group, list[Feed]]]:
    families: dict[Family, dict[Group, list[Feed]]] = defaultdict(dict)
    for selector, use in uses.items():
        by_label = defaultdict(list)
        for matcher in selector.matchers:
            by_label[matcher.label].append(matcher)
        # A label that a series may lack (="") or that several matchers speak of can't be grouped by.
        fusible = [m[0] for m in by_label.values() if len(m) == 1 and m[0].operator == "=" and m[0].value]
        rest = tuple(m for m in selector.matchers if m not in fusible)
        presence = any(feed.total for feed in use.feeds)
        labels = tuple(matcher.label for matcher in fusible)
        family = Family(Selector(selector.metric, rest), labels, presence, use.bound)
        families[family][tuple(matcher.value for matcher in fusible)] = use.feeds
    return families


def _queries(family: Family, members: dict[Group, list[Feed]], *, tick: int) -> Iterator[Query]:
    groups = sorted(members)
    columns = list(zip(*groups, strict=True))
    varying = [position for position, column in enumerate(columns) if len(set(column)) > 1]
    fixed = [Matcher(label, "=", groups[0][i]) for i, label in enumerate(family.labels) if i not in varying]
    by = tuple(family.labels[position] for position in varying)
    for chunk in _chunks(groups):
        yield Query(
            family=family.selector.where(*fixed),
            by=by,
            groups=tuple(tuple(group[position] for position in varying) for group in chunk),
            feeds=_feeds([members[group] for group in chunk]),
            tick=tick,
            presence=family.presence,
            bound=family.bound,
        )


def _chunks(groups: Sequence[Group]) -> Iterator[Sequence[Group]]:
    chunk: list[Group] = []
    length = 0
    for group in groups:
        own = _MENTIONS * sum(len(value.encode()) + 1 for value in group)
        if chunk and (length + own > LONGEST or len(chunk) == MOST_GROUPS):
            yield chunk
            chunk, length = [], 0
        chunk.append(group)
        length += own
    yield chunk


def _feeds(members: Sequence[Sequence[Feed]]) -> Feeds:
    rows = [(group, *feed) for group, feeds in enumerate(members) for feed in feeds]
    group, slo, total, bad = zip(*rows, strict=True)
    return Feeds(
        np.array(group, np.intp), np.array(slo, np.intp), np.array(total, float), np.array(bad, float)
    )
