"""The whole way of an alert: who is told where and when, who is called next, and why."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from observatory.alerting.hours import WorkingHours
from observatory.alerting.layers import ladder
from observatory.alerting.ownership import SERVICE, Ownership, Rules, resolve_owner
from observatory.catalog import Catalog, OnCall


@dataclass(frozen=True, slots=True)
class Call:
    """Who hears of a page, and how long after it began to burn."""

    after: timedelta
    channel: str
    squad: str | None
    """None: the channel is nobody's own."""
    mention: str | None
    """Who is called by name."""


@dataclass(frozen=True, slots=True)
class Route:
    """Where alerts with these labels go."""

    labels: Mapping[str, str]
    ownership: Ownership
    fallbacks: tuple[str, ...]
    """Channels that are tried when the owner's can't be reached, one after another."""
    calls: tuple[Call, ...]
    """Of a page that nobody acknowledges; empty when nobody can be told."""
    on_call: OnCall

    @property
    def squad(self) -> str | None:
        """The owner's name; None: the catch-all is told."""
        return self.ownership.squad.name if self.ownership.squad else None

    def ticket_due(self, now: datetime) -> datetime:
        """When a ticket of this moment is posted; in UTC."""
        if self.on_call.hours is None:
            return now
        return WorkingHours.read(self.on_call.hours, self.on_call.timezone).next_open(now)


def route(labels: Mapping[str, str], catalog: Catalog, rules: Rules) -> Route:
    """Where alerts with these labels go, as `resolve_owner` finds their owner."""
    ownership = resolve_owner(labels, catalog, rules)
    told = (ownership.channel, ownership.fallback, rules.catch_all)
    channels = dict.fromkeys(channel for channel in told if channel is not None)
    return Route(
        labels=dict(labels),
        ownership=ownership,
        fallbacks=tuple(channels)[1:],
        calls=tuple(_calls(ownership, catalog, rules)),
        on_call=ownership.squad.on_call if ownership.squad else OnCall(),
    )


def routes(catalog: Catalog, rules: Rules) -> dict[str, Route]:
    """The route of every service, and of every namespace and file that a squad claims, by what it is of."""
    found = {f"service {name}": route({SERVICE: name}, catalog, rules) for name in catalog.services}
    for squad in catalog.squads.values():
        for namespace in squad.owns.namespaces:
            found[f"namespace {namespace}"] = route({"namespace": namespace}, catalog, rules)
        for file in squad.owns.files:
            found[f"file {file}"] = route({"rule_file": file}, catalog, rules)
    return found


def _calls(ownership: Ownership, catalog: Catalog, rules: Rules) -> Iterator[Call]:
    squad = ownership.squad
    if ownership.channel is None:
        return
    if squad is None:
        yield Call(timedelta(), ownership.channel, None, None)
        return
    yield Call(timedelta(), squad.slack.channel, squad.name, squad.slack.mention)
    climbed = ladder(squad, catalog, catch_all=rules.catch_all)
    for number, rung in enumerate(climbed.rungs if climbed else (), start=1):
        called = catalog.squads.get(rung.squad or "")
        mention = called.slack.mention if called else squad.slack.mention
        yield Call(number * (climbed.after if climbed else timedelta()), rung.channel, rung.squad, mention)
