"""What Prometheus servers know of services, whoever defined them: their metrics, and who else counts the like."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from observatory.application.ports import MetricsSource
from observatory.catalog import Catalog, ErrorOrSlow, Events, Latency, Selector, Service, Sli
from observatory.catalog.presets import CONVENTIONAL
from observatory.planning.presence import NAME, carriers, having, metrics_of

_PATIENCE = timedelta(seconds=30)


class Who(NamedTuple):
    """The labels that every series of a service carries, and the server that has them."""

    server: str
    labels: tuple[str, ...]
    values: tuple[str, ...]

    @classmethod
    def of(cls, service: Service) -> "Who":
        """The service's."""
        labels = tuple(sorted(service.selector))
        return cls(service.prometheus or "", labels, tuple(service.selector[label] for label in labels))

    def __str__(self) -> str:
        pairs = (f'{label}="{value}"' for label, value in zip(self.labels, self.values, strict=True))
        return f"{{{','.join(pairs)}}}"


@dataclass(frozen=True, slots=True)
class Presence:
    """Asks the servers; one that nobody knows has nothing."""

    sources: Mapping[str, MetricsSource]
    """By name; that of the usual one is empty."""
    now: datetime

    def names(self, some: Iterable[Who]) -> Mapping[Who, set[str]]:
        """The metrics that each of these has. Nothing is asked about those without labels: they are everybody."""
        found: dict[Who, set[str]] = {who: set() for who in some}
        for (server, labels), alike in _alike(found).items():
            for promql in metrics_of(labels, (who.values for who in alike)):
                for row in self._rows(server, promql):
                    found[_who(server, labels, row)].add(row[NAME])
        return found

    def lacking(self, asked: Iterable[tuple[Who, str]]) -> set[tuple[Who, str]]:
        """Which of these have no series of the metric."""
        by_metric: dict[str, set[Who]] = defaultdict(set)
        for who, metric in asked:
            by_metric[metric].add(who)
        lacking = {(who, metric) for metric, some in by_metric.items() for who in some if who.labels}
        for metric, some in by_metric.items():
            for (server, labels), alike in _alike(some).items():
                for promql in having(metric, labels, (who.values for who in alike)):
                    lacking -= {(_who(server, labels, row), metric) for row in self._rows(server, promql)}
        return lacking

    def strangers(self, catalog: Catalog) -> Mapping[Who, Sequence[str]]:
        """Who counts events as the catalog's services do, and is none of them; and what of it.

        Services are told apart by the one label of theirs that has most values.
        """
        found: dict[Who, list[str]] = defaultdict(list)
        for server in self.sources:
            services = [one for one in catalog.services.values() if (one.prometheus or "") == server]
            if not all(one.selector for one in services):
                continue
            for metric, labels in _counted(services).items():
                known = {(label, one.selector.get(label)) for one in services for label in labels}
                for row in self._rows(server, carriers(Selector(metric), labels)):
                    theirs = {label: row[label] for label in labels if label in row}
                    if theirs and known.isdisjoint(theirs.items()):
                        found[_who(server, tuple(theirs), theirs)].append(metric)
        return found

    def _rows(self, server: str, promql: str) -> Sequence[Mapping[str, str]]:
        if server not in self.sources:
            return ()
        at = int(self.now.timestamp())
        return self.sources[server].query_range(promql, start=at, end=at, step=1, timeout=_PATIENCE).labels


def _who(server: str, labels: tuple[str, ...], row: Mapping[str, str]) -> Who:
    return Who(server, labels, tuple(row.get(label, "") for label in labels))


def _alike(some: Iterable[Who]) -> Mapping[tuple[str, tuple[str, ...]], Sequence[Who]]:
    found: dict[tuple[str, tuple[str, ...]], list[Who]] = defaultdict(list)
    for who in some:
        if who.labels:
            found[who.server, who.labels].append(who)
    return found


def _counted(services: Sequence[Service]) -> Mapping[str, Sequence[str]]:
    """Counters of all events, and the labels that tell apart who has them: those of the SLIs, and of the conventions."""
    labels = _telling(services)
    found: dict[str, set[str]] = {selector.metric: set(labels.values()) for selector in CONVENTIONAL}
    own: dict[str, set[str]] = defaultdict(set)
    for service in services:
        for slo in service.slos:
            for selector in _totals(slo.sli):
                own[selector.metric].add(labels[tuple(sorted(service.selector))])
    return {metric: sorted(of) for metric, of in {**found, **own}.items() if of}


def _telling(services: Iterable[Service]) -> Mapping[tuple[str, ...], str]:
    """By the label names of selectors, the one that has most values."""
    values: dict[tuple[str, ...], dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for service in services:
        of_labels = values[tuple(sorted(service.selector))]
        for label, value in service.selector.items():
            of_labels[label].add(value)
    return {labels: max(labels, key=lambda label: len(of[label])) for labels, of in values.items()}


def _totals(sli: Sli) -> Iterator[Selector]:
    match sli:
        case Events(total=total) | ErrorOrSlow(total=total):
            yield from total
        case Latency():
            yield sli.count if sli.native_histogram is None else sli.native_histogram
        case _:
            return
