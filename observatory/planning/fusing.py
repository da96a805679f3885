"""Catalog to queries: SLOs whose selectors differ only in label values share one query."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from observatory.catalog import (
    Condition,
    ErrorOrSlow,
    Events,
    Freshness,
    Latency,
    Matcher,
    Probe,
    Promql,
    Queue,
    Selector,
    Service,
    ServiceSlo,
    Sli,
    Slo,
    Threshold,
)
from observatory.planning import counters, promql
from observatory.planning.blending import blends, with_components
from observatory.planning.queries import (
    CounterQuery,
    Feed,
    Feeds,
    GaugeQuery,
    Group,
    Native,
    Plan,
    Query,
    portions,
)
from observatory.planning.written import written_queries

_MENTIONS, _NATIVE_MENTIONS = 4, 15
"""How often a query names its selector; the longest of native histograms."""


class Counting(NamedTuple):
    """Series are counters or native histograms, whose growth is asked (see CounterQuery)."""

    bound: str | None = None
    apart: tuple[Matcher, ...] = ()
    native: Native | None = None


class Term(NamedTuple):
    """What an SLO counts: a selector, what its events are (see Feeds), and what is asked of its series."""

    selector: Selector
    total: float
    bad: float
    asked: Counting | Condition = Counting()
    server: str = ""
    """Who has the series; empty: the usual server."""


class Family(NamedTuple):
    """What the selectors of one query have in common."""

    selector: Selector
    """Without its `=` matchers."""
    labels: tuple[str, ...]
    """The labels of the `=` matchers."""
    presence: bool
    asked: Counting | Condition
    server: str


def plan(entries: Sequence[ServiceSlo], *, tick: int) -> Plan:
    """The queries that measure these SLOs over ticks of `tick` seconds, in as few questions as possible.

    The SLOs keep their order. A selector that several SLOs use is asked once. Nothing is asked for a journey: what it is
    made of is measured, and put together.
    """
    uses: _Uses = defaultdict(list)
    whole = with_components(entries)
    for index, entry in enumerate(whole):
        for term in terms(entry):
            events = 1.0 if isinstance(term.asked, Counting) else tick / promql.SLICE
            uses[term.selector, term.asked, term.server].append(
                Feed(index, events * term.total, events * term.bad)
            )
    fused = [
        query
        for family, members in sorted(_families(uses).items(), key=lambda item: str(item[0]))
        for query in _queries(family, members, tick=tick)
    ]
    slis = [entry.slo.sli if isinstance(entry.slo, Slo) else None for entry in whole]
    own = {
        index: (sli, _server_of(whole[index])) for index, sli in enumerate(slis) if isinstance(sli, Promql)
    }
    return Plan(
        slos=tuple(entry.id for entry in whole),
        tick=tick,
        queries=(*fused, *written_queries(own, tick=tick)),
        capped=frozenset(index for index, sli in enumerate(slis) if sli and _may_overlap(sli)),
        blends=tuple(blends(whole)),
        extra=len(whole) - len(entries),
    )


def terms(entry: ServiceSlo) -> Iterator[Term]:
    """What an SLO counts, each selector with the labels of its service; nothing for what a squad wrote itself.

    Nor for a journey, which counts nothing by itself.
    """
    if not isinstance(entry.service, Service) or not isinstance(entry.slo, Slo):
        return
    own = [Matcher(label, "=", value) for label, value in entry.service.selector.items()]
    for term in _terms(entry.slo.sli):
        yield term._replace(selector=term.selector.where(*own), server=_server_of(entry))


def _terms(sli: Sli) -> Iterator[Term]:
    match sli:
        case Events(total=total, bad=bad, good=good):
            yield from (Term(selector, 1, 1 if good else 0) for selector in total)
            yield from (Term(selector, 0, 1) for selector in bad)
            yield from (Term(selector, 0, -1) for selector in good)
        case Latency():
            yield _timed(sli, 1, 1)
            yield _in_time(sli)
        case ErrorOrSlow(total=total, bad=()):
            yield from (Term(selector, 1, 1) for selector in total)
            yield _in_time(sli, apart=sli.timed.matchers)
        case ErrorOrSlow(total=total, bad=bad):
            yield from (Term(selector, 1, 0) for selector in total)
            yield from (Term(selector, 0, 1) for selector in bad)
            yield _timed(sli, 0, 1)
            yield _in_time(sli)
        case Probe() | Threshold() | Freshness() | Queue():
            yield Term(sli.gauge, 1, 1, sli.condition)
        case Promql():
            return


def _timed(sli: Latency | ErrorOrSlow, total: float, bad: float) -> Term:
    if sli.native_histogram is not None:
        return Term(sli.native_histogram, total, bad, Counting(native=Native()))
    return Term(sli.count, total, bad)


def _in_time(sli: Latency | ErrorOrSlow, *, apart: tuple[Matcher, ...] = ()) -> Term:
    if sli.native_histogram is not None:
        return Term(sli.native_histogram, 0, -1, Counting(native=Native(sli.bound)))
    return Term(sli.buckets.where(counters.le(sli.bound)), 0, -1, Counting(sli.bound, apart))


def _may_overlap(sli: Sli) -> bool:
    """Whether an event may be counted as bad twice, or by an expression that promises nothing."""
    return isinstance(sli, Promql) or (isinstance(sli, ErrorOrSlow) and bool(sli.bad))


def _server_of(entry: ServiceSlo) -> str:
    return (entry.service.prometheus or "") if isinstance(entry.service, Service) else ""


_Uses = dict[tuple[Selector, Counting | Condition, str], list[Feed]]
"""What is asked, and of which server, to what it feeds."""


def _families(uses: _Uses) -> Mapping[Family, dict[Group, list[Feed]]]:
    families: dict[Family, dict[Group, list[Feed]]] = defaultdict(dict)
    for (selector, asked, server), feeds in uses.items():
        by_label = defaultdict(list)
        for matcher in selector.matchers:
            by_label[matcher.label].append(matcher)
        # A label that a series may lack (="") or that several matchers speak of can't be grouped by.
        fusible = [m[0] for m in by_label.values() if len(m) == 1 and m[0].operator == "=" and m[0].value]
        if isinstance(asked, Counting):
            fusible = [matcher for matcher in fusible if matcher not in asked.apart]
        rest = tuple(m for m in selector.matchers if m not in fusible)
        presence = any(feed.total for feed in feeds)
        labels = tuple(matcher.label for matcher in fusible)
        family = Family(Selector(selector.metric, rest), labels, presence, asked, server)
        families[family][tuple(matcher.value for matcher in fusible)] = feeds
    return families


def _queries(family: Family, members: dict[Group, list[Feed]], *, tick: int) -> Iterator[Query]:
    groups = sorted(members)
    columns = list(zip(*groups, strict=True))
    varying = [position for position, column in enumerate(columns) if len(set(column)) > 1]
    fixed = [Matcher(label, "=", groups[0][i]) for i, label in enumerate(family.labels) if i not in varying]
    by = tuple(family.labels[position] for position in varying)
    native = isinstance(family.asked, Counting) and family.asked.native is not None
    for chunk in portions(groups, mentions=_NATIVE_MENTIONS if native else _MENTIONS):
        selector = family.selector.where(*fixed)
        chosen = tuple(tuple(group[position] for position in varying) for group in chunk)
        feeds = Feeds.table([members[group] for group in chunk])
        match family.asked:
            case Counting() as counting:
                yield CounterQuery(
                    family=selector,
                    by=by,
                    groups=chosen,
                    feeds=feeds,
                    tick=tick,
                    presence=family.presence,
                    server=family.server,
                    bound=counting.bound,
                    apart=counting.apart,
                    native=counting.native,
                )
            case condition:
                yield GaugeQuery(
                    family=selector,
                    by=by,
                    groups=chosen,
                    feeds=feeds,
                    tick=tick,
                    condition=condition,
                    server=family.server,
                )
