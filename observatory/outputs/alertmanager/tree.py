"""The routes of the catalog: each squad's pages, what an unanswered page climbs to, and its tickets.

What an alert asks for is told by its label `severity`; whose it is, by `squad`, which the generated rules take from
the catalog. An alert that names no squad ends at the root.
"""

from dataclasses import dataclass, replace
from datetime import timedelta

from observatory.alerting.routes import Operator, Route, RouteMatcher
from observatory.catalog import Catalog, Squad

ON_WATCH = "ObservatoryOnWatch"
"""The alert that Observatory keeps alive while it tells people itself: it mutes what Alertmanager would have told.

`watches="slos"` and a `service`: its SLOs are measured. `watches="alerts"`: every other alert is looked at.
"""
WATCHES, SLOS, ALERTS = "watches", "slos", "alerts"
ORIGIN, OURS = "origin", "observatory"
"""The label of what Observatory pushes, so that it is not taken for news when it comes back."""
WATCHDOG = "Watchdog"
OBSERVATORY, NOBODY, DEAD_MAN = "observatory", "nobody", "dead-man"
PAGES = ("page", "critical")
"""Values of `severity` that call people at any hour; every other alert waits for working hours."""
_BY_SLO = ("squad", "service", "slo", "severity")
_BY_NAME = ("alertname", "service", "severity")


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How soon people are told, told of a change, and told again."""

    wait: timedelta
    interval: timedelta
    repeat: timedelta

    def route(self, receiver: str, *, name: str, matchers: tuple[RouteMatcher, ...] = ()) -> Route:
        """A route in this rhythm."""
        return Route(
            receiver,
            matchers,
            group_by=_BY_SLO,
            group_wait=self.wait,
            group_interval=self.interval,
            repeat_interval=self.repeat,
            name=name,
        )


_PAGE = Rhythm(timedelta(seconds=10), timedelta(minutes=1), timedelta(hours=4))
"""A minute between looks: what was muted while Observatory was on watch is told that soon after it is gone."""
_TICKET = Rhythm(timedelta(minutes=1), timedelta(minutes=5), timedelta(days=1))
_BEATS = Rhythm(timedelta(0), timedelta(seconds=20), timedelta(seconds=20))
"""Three times a minute, of which every other may be left out: Alertmanager repeats at the look after the time is up."""


def route_tree(catalog: Catalog) -> Route:
    """The root of the generated routes; `name` says what each is for."""
    beats = _BEATS.route(DEAD_MAN, name="Watchdog to the dead man's switch", matchers=(_named(WATCHDOG),))
    watch = _TICKET.route(NOBODY, name="Observatory is on watch", matchers=(_named(ON_WATCH),))
    squads = sorted(catalog.squads.values(), key=lambda squad: squad.name)
    root = Route(
        OBSERVATORY,
        group_by=_BY_NAME,
        group_wait=_PAGE.wait,
        group_interval=_PAGE.interval,
        repeat_interval=_PAGE.repeat,
        name="nobody's",
    )
    return root.with_routes((beats, watch, *(_squad_route(squad, catalog) for squad in squads)))


def page_receiver(squad: str) -> str:
    """The receiver of a squad's pages."""
    return f"{squad}/page"


def ticket_receiver(squad: str) -> str:
    """The receiver of a squad's tickets."""
    return f"{squad}/ticket"


def escalation_receiver(squad: str) -> str:
    """The receiver of what a squad did not stop in time."""
    return f"{squad}/escalation"


def hours_name(squad: str) -> str:
    """The time interval of a squad's working hours."""
    return f"{squad}/hours"


def escalates_to(squad: Squad, catalog: Catalog) -> Squad | None:
    """The squad that unanswered pages climb to, if any."""
    return None if squad.on_call.escalate is None else catalog.squads.get(squad.on_call.escalate.to)


def _squad_route(squad: Squad, catalog: Catalog) -> Route:
    """First what climbs, then the page itself, then all that may wait."""
    mine = (RouteMatcher.equal("squad", squad.name),)
    pages = (RouteMatcher("severity", Operator.REGEX, "|".join(PAGES)),)
    below = [_PAGE.route(page_receiver(squad.name), name=f"pages of {squad.name}", matchers=pages)]
    escalation, to = squad.on_call.escalate, escalates_to(squad, catalog)
    if escalation is not None and to is not None:
        name = f"pages of {squad.name} that burn for too long, to {to.name}"
        late = Rhythm(escalation.after, _PAGE.interval, _PAGE.repeat)
        climbs = late.route(escalation_receiver(squad.name), name=name, matchers=pages)
        below.insert(0, climbs.going_on())
    tickets = _TICKET.route(ticket_receiver(squad.name), name=f"tickets of {squad.name}")
    hours = () if squad.on_call.hours is None else (hours_name(squad.name),)
    return replace(tickets, matchers=mine, routes=(*below, tickets.at_times(hours)))


def _named(alert: str) -> RouteMatcher:
    return RouteMatcher.equal("alertname", alert)
