"""Services that Prometheus never saw, metrics that are not there, and services that nobody defined."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from observatory.application.check_measured import of_slo
from observatory.application.presence import Presence, Who
from observatory.catalog import Catalog, Promql, Service, ServiceSlo, Slo
from observatory.catalog.written import nearest_to
from observatory.evaluation import Evaluation
from observatory.outputs.findings import Finding, Level
from observatory.planning.fusing import Counting, Term, terms

_NEVER = "not now, not an hour ago and not a day ago"


def present(
    evaluation: Evaluation, catalog: Catalog, presence: Presence, *, folder: str
) -> Iterator[Finding]:
    """Where the catalog and what Prometheus has differ.

    Args:
        evaluation: of the whole catalog, over whole windows.
        catalog: what is defined.
        presence: the servers.
        folder: the catalog's, where missing definitions would lie.

    Raises:
        Refused, Unavailable: a server does not answer.
    """
    strangers = presence.strangers(catalog)
    yield from _absent(evaluation, catalog, presence, [who.values[0] for who in strangers])
    yield from _lacking(evaluation, catalog, presence)
    for who, metrics in strangers.items():
        yield _orphan(who, metrics, folder=folder)


def _orphan(who: Who, metrics: Sequence[str], *, folder: str) -> Finding:
    name = re.sub(r"[^a-z0-9]+", "-", who.values[0].lower()).strip("-")
    return Finding(
        "orphan",
        Level.WARNING,
        f"{folder}/{name}.yml",
        f"counts {', '.join(metrics)} and is in no catalog: when it fails, nobody is told",
        where=f"{who}{f' at {who.server}' if who.server else ''}",
        fix=f"such as: {{kind: Service, name: {name}, squad: …, selector: {{{who.labels[0]}: {who.values[0]}}}}}",
    )


def _absent(
    evaluation: Evaluation, catalog: Catalog, presence: Presence, strangers: Sequence[str]
) -> Iterator[Finding]:
    """Of services of which nothing was seen, and of SLOs."""
    unseen: dict[str, list[ServiceSlo]] = defaultdict(list)
    for slo, status in evaluation.statuses().items():
        if status.failure is None and not status.coverage:
            unseen[evaluation.entry(slo).service.name].append(evaluation.entry(slo))
    silent = [one for one in catalog.services.values() if one.name in unseen or not one.slos]
    names = presence.names(map(Who.of, silent))
    for service in silent:
        known = names[Who.of(service)]
        if service.selector and not known:
            yield _ghost(service, strangers)
        else:
            for entry in unseen[service.name]:
                yield from _unseen(entry, known)


def _ghost(service: Service, strangers: Iterable[str]) -> Finding:
    label, value = next(iter(service.selector.items()))
    nearest = nearest_to(value, strangers)
    fix = f"did you mean {label}: {nearest}?" if nearest else "the labels that its series carry"
    text = f"no series at all has {Who.of(service)}: {_NEVER}"
    return _of_service(service, "ghost", text, where=f"service {service.name}", fix=fix)


def _unseen(entry: ServiceSlo, known: Iterable[str]) -> Iterator[Finding]:
    """Why nothing was seen of an SLO of a service that is there."""
    if isinstance(entry.slo, Slo) and isinstance(entry.slo.sli, Promql):
        yield of_slo(entry, "no-series", "its expressions have had no result in all of its window")
        return
    counted = [term.selector for term in terms(entry) if term.total]
    for selector in counted:
        if known and selector.metric not in known:
            yield _missing(entry, selector.metric, known, so="so nothing is measured")
    if not known or {selector.metric for selector in counted} <= set(known):
        text = " and ".join(map(str, counted))
        yield of_slo(entry, "no-series", f"{text} selected nothing in all of its window", fix="other labels")


def _lacking(evaluation: Evaluation, catalog: Catalog, presence: Presence) -> Iterator[Finding]:
    """Of what is counted besides totals: a counter that is not there is no error, and no good event."""
    asked: dict[tuple[Who, str], list[tuple[ServiceSlo, str]]] = defaultdict(list)
    for slo, status in evaluation.statuses().items():
        entry = evaluation.entry(slo)
        if status.coverage and isinstance(entry.service, Service):
            for metric, side in _sides([*terms(entry)]).items():
                asked[Who.of(entry.service), metric].append((entry, side))
    watched = {
        (Who.of(service), behaviour.metric.metric): (service, behaviour.name)
        for service in catalog.services.values()
        for behaviour in service.behaviour
    }
    lacking = presence.lacking({*asked, *watched})
    names = presence.names({who for who, _ in lacking})
    for who, metric in sorted(lacking):
        for entry, side in asked.get((who, metric), ()):
            yield _missing(entry, metric, names[who], so=f"so nothing is ever {side}")
        if names[who] and (who, metric) in watched:
            yield _unwatched(*watched[who, metric], metric, names[who])


def _sides(counted: Sequence[Term]) -> Mapping[str, str]:
    """Metrics that only bad or only good events are counted by. Of buckets, measuring tells."""
    totals = {term.selector.metric for term in counted if term.total}
    return {
        term.selector.metric: "bad" if term.bad > 0 else "good"
        for term in counted
        if not term.total and term.selector.metric not in totals and term.asked == Counting()
    }


def _missing(entry: ServiceSlo, metric: str, known: Iterable[str], *, so: str) -> Finding:
    text = f"the service has no {metric}, {so}: {_NEVER}"
    return of_slo(entry, "missing-metric", text, fix=_meant(metric, known))


def _unwatched(service: Service, behaviour: str, metric: str, known: Iterable[str]) -> Finding:
    where, text = f"behaviour {service.name}/{behaviour}", f"the service has no {metric}: {_NEVER}"
    return _of_service(service, "missing-metric", text, where=where, fix=_meant(metric, known))


def _meant(metric: str, known: Iterable[str]) -> str:
    nearest = nearest_to(metric, known)
    return f"did you mean {nearest}?" if nearest else ""


def _of_service(service: Service, rule: str, text: str, *, where: str, fix: str) -> Finding:
    place = service.place
    return Finding(rule, Level.WARNING, place.file, text, where=where, line=place.line, fix=fix)
