"""Whose is it, and why them: one answer, and every rule that was asked on the way to it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from observatory.alerting.claims import Claim, file_claim, namespace_claim
from observatory.catalog import Catalog, Place, Service, Squad
from observatory.catalog.written import nearest_to

SQUAD, SERVICE, RULE_FILE, NAMESPACE = "squad", "service", "rule_file", "namespace"


class OwnedBecause(StrEnum):
    """Which rule named the owner, in the order in which they are asked."""

    SQUAD_LABEL = "squad_label"
    SERVICE_IN_CATALOG = "service_in_catalog"
    FILE_OWNER = "file_owner"
    NAMESPACE_RULE = "namespace_rule"
    CATCH_ALL = "catch_all"


@dataclass(frozen=True, slots=True)
class Rules:
    """What an organisation decides about owners, beyond what squads write in the catalog."""

    catch_all: str | None = None
    """Slack channel of last resort, also behind a squad without a fallback."""
    owner_labels: tuple[str, ...] = (SQUAD,)
    """Labels that may name a squad, the most trusted first. Any other comes from a metric, and is nobody's word."""


@dataclass(frozen=True, slots=True)
class Step:
    """A rule that was asked."""

    rule: OwnedBecause
    says: str
    """What came of it, in words that follow the rule's name."""
    place: Place | None = None
    """Where the rule is written."""
    decides: bool = False


@dataclass(frozen=True, slots=True)
class Ownership:
    """Who is told, where, and why."""

    squad: Squad | None
    """None: nobody owns it, the catch-all is told."""
    reason: OwnedBecause
    place: Place | None
    """Where the ownership is written."""
    trail: tuple[Step, ...]
    """Every rule that was asked; the last one decided."""
    channel: str | None
    """A Slack channel. None: nobody owns it and there is no catch-all, so nobody can be told."""
    fallback: str | None
    """Where to go when the channel cannot be reached."""


@dataclass(frozen=True, slots=True)
class _Found:
    """What one rule says: a squad, or only why there is none."""

    says: str
    squad: Squad | None = None
    place: Place | None = None


def resolve_owner(labels: Mapping[str, str], catalog: Catalog, rules: Rules) -> Ownership:
    """The owner of whatever carries these labels: an SLO's `service`, or all labels of an alert from elsewhere.

    Asked in order, the first that knows a squad decides: a trusted label that names one; the service in the catalog,
    by the label `service` or by the labels that all its series carry; the file (`rule_file`) that the alert is
    written in; the Kubernetes `namespace`; at last the catch-all.

    Args:
        labels: of the alert.
        catalog: every definition.
        rules: of the organisation.
    """
    trail: list[Step] = []
    for rule, ask in _RULES:
        for found in ask(labels, catalog, rules):
            trail.append(Step(rule, found.says, found.place, decides=found.squad is not None))
            if found.squad is not None:
                slack = found.squad.slack
                fallback = slack.fallback or rules.catch_all
                return Ownership(found.squad, rule, found.place, tuple(trail), slack.channel, fallback)
    known = catalog.owned(labels.get(SERVICE, ""))
    return _last_resort(None if known is None else known.place, rules, trail)


def _last_resort(place: Place | None, rules: Rules, trail: list[Step]) -> Ownership:
    channel = rules.catch_all
    says = "there is none, so nobody can be told" if channel is None else f"channel {channel}"
    reason = OwnedBecause.CATCH_ALL
    asked = (*trail, Step(reason, says, decides=True))
    return Ownership(None, reason, place, asked, channel, None)


def _by_label(labels: Mapping[str, str], catalog: Catalog, rules: Rules) -> Iterator[_Found]:
    for name in rules.owner_labels:
        if labels.get(name):
            yield _named(f"label {name}={labels[name]}", labels[name], catalog, None)
    untrusted = [name for name in ("squad", "team", "owner") if name not in rules.owner_labels]
    for name in untrusted:
        if labels.get(name) in catalog.squads:
            yield _Found(f"label {name}={labels[name]} is not trusted: it may come from a metric")


def _by_service(labels: Mapping[str, str], catalog: Catalog, _: Rules) -> Iterator[_Found]:
    name = labels.get(SERVICE)
    if name:
        service = catalog.owned(name)
        if service is None:
            yield _Found(f"no service {name} is in the catalog{_nearest(name, catalog.services)}")
        else:
            yield _named(f"{service.kind.lower()} {name}", service.squad, catalog, service.place)
    yield from _by_series(labels, catalog)


def _by_series(labels: Mapping[str, str], catalog: Catalog) -> Iterator[_Found]:
    """The services all of whose labels the alert carries; of several the one that asks for most."""
    fits = [
        one for one in catalog.services.values() if one.selector and one.selector.items() <= labels.items()
    ]
    longest = max((len(service.selector) for service in fits), default=0)
    best = [service for service in fits if len(service.selector) == longest]
    if len({service.squad for service in best}) > 1:
        yield _Found(f"its labels are those of {', '.join(sorted(one.name for one in best))}: no one squad's")
    elif best:
        yield _named(f"{_written(best[0])} is service {best[0].name}", best[0].squad, catalog, best[0].place)


def _by_file(labels: Mapping[str, str], catalog: Catalog, _: Rules) -> Iterator[_Found]:
    known = catalog.owned(labels.get(SERVICE, ""))
    files = [labels.get(RULE_FILE), known.place.file if known else None]
    yield from (_claimed(f"file {file}", file_claim(file, catalog)) for file in files if file)


def _by_namespace(labels: Mapping[str, str], catalog: Catalog, _: Rules) -> Iterator[_Found]:
    namespace = labels.get(NAMESPACE)
    if namespace:
        yield _claimed(f"namespace {namespace}", namespace_claim(namespace, catalog))


def _claimed(what: str, claim: Claim | None) -> _Found:
    if claim is None:
        return _Found(f"{what} is claimed by no squad")
    return _Found(f"{what} is claimed as {claim.pattern}", claim.squad, claim.squad.place)


def _named(what: str, word: str, catalog: Catalog, place: Place | None) -> _Found:
    squad = catalog.squads.get(word)
    if squad is None:
        return _Found(f"{what}: there is no squad {word}{_nearest(word, catalog.squads)}", place=place)
    return _Found(what, squad, place or squad.place)


def _nearest(word: str, known: Mapping[str, object]) -> str:
    near = nearest_to(word, known)
    return "" if near is None else f", did you mean {near}?"


def _written(service: Service) -> str:
    return ", ".join(f"{name}={value}" for name, value in sorted(service.selector.items()))


_RULES: tuple[tuple[OwnedBecause, Callable[[Mapping[str, str], Catalog, Rules], Iterator[_Found]]], ...] = (
    (OwnedBecause.SQUAD_LABEL, _by_label),
    (OwnedBecause.SERVICE_IN_CATALOG, _by_service),
    (OwnedBecause.FILE_OWNER, _by_file),
    (OwnedBecause.NAMESPACE_RULE, _by_namespace),
)
