"""What is looked at before an event: budgets, incidents, dependencies, capacity, people, their alerts, the calendar."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from observatory.alerting import Incident
from observatory.application.drill import Proof
from observatory.application.snapshot import Snapshot
from observatory.catalog import Event, ServiceSlo, Span
from observatory.evaluation import Severity, SloStatus, State
from observatory.evaluation.rules import FEWEST_BAD
from observatory.evaluation.states import COMPLETE
from observatory.outputs.events import Busiest, Grade, Item
from observatory.outputs.slack import numbers

DRILLED_WITHIN = timedelta(days=30)
"""A test alert that is older proves little: tokens and channels change."""
_UNKNOWN = (State.NO_DATA, State.STALE, State.QUERY_FAILED)
_A_PAGE_TAKES = timedelta(minutes=2)
"""A tick, its evaluation, and Slack."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """All that is known before one time of an event."""

    event: Event
    span: Span
    affected: Sequence[ServiceSlo]
    snapshot: Snapshot
    burning: Sequence[Incident]
    """Whatever is open, of anything."""
    drills: Mapping[str, Proof]
    """The newest test alert of each squad that has had one lately."""
    expected: float | None
    """Events a minute."""
    busiest: Busiest | None
    now: datetime

    def time(self, moment: datetime) -> str:
        """On the event's own clock."""
        return numbers.clock_time(moment, self.event.timezone, now=self.now)


def items(one: Prepared) -> Iterator[Item]:
    """Everything that was looked at, and what was found."""
    for entry in one.affected:
        yield from _budget(one.event, entry, one.snapshot.statuses.get(entry.id))
        yield _coverage(entry, one.snapshot.statuses.get(entry.id))
    yield from _incidents(one)
    for name in _dependencies(one.affected):
        yield _dependency(name, one.snapshot)
    yield from _traffic(one)
    yield from _people(one)
    yield from _drilled(one)
    yield from _calendar(one)


def _budget(event: Event, entry: ServiceSlo, status: SloStatus | None) -> Iterator[Item]:
    """What is left of it, against the slice."""
    if status is None or status.state in _UNKNOWN or status.remaining is None:
        yield Item("budget", entry.id, Grade.UNKNOWN, "nobody knows how much is left")
        return
    left = f"{numbers.percent(status.remaining)} of the budget left"
    if event.budget is None or status.budget is None:
        yield Item("budget", entry.id, Grade.OK if status.remaining > 0 else Grade.WARN, left)
        return
    share, bad = float(event.budget), status.budget * float(event.budget)
    says = f"{left}; the slice takes {numbers.percent(share)} of it all: {numbers.count(bad)} bad events"
    if bad < FEWEST_BAD:
        yield Item("budget", entry.id, Grade.WARN, f"{says}, too few for any alert")
    else:
        yield Item("budget", entry.id, Grade.OK if status.remaining >= share else Grade.FAIL, says)


def _coverage(entry: ServiceSlo, status: SloStatus | None) -> Item:
    if status is None or status.coverage is None:
        return Item("coverage", entry.id, Grade.UNKNOWN, "not measured")
    grade = Grade.OK if status.coverage >= COMPLETE else Grade.WARN
    return Item("coverage", entry.id, grade, f"{numbers.percent(status.coverage)} of the window was measured")


def _incidents(one: Prepared) -> Iterator[Item]:
    """Of the event's SLOs, and of what they rely on."""
    own = {entry.id for entry in one.affected}
    needed = set(_dependencies(one.affected))
    concerned = [incident for incident in one.burning if incident.slo in own or incident.service in needed]
    for incident in concerned:
        fails = incident.severity is Severity.PAGE and incident.slo in own
        says = f"an open {incident.severity}, {incident.state}, since {one.time(incident.opened_at)}"
        yield Item("incidents", incident.slo, Grade.FAIL if fails else Grade.WARN, says)
    if not concerned:
        yield Item("incidents", "all", Grade.OK, "nothing is open")


def _dependencies(affected: Sequence[ServiceSlo]) -> Sequence[str]:
    """What the affected services rely on besides each other, sorted."""
    own = {entry.service.name for entry in affected}
    return sorted({name for entry in affected for name in entry.service.depends_on} - own)


def _dependency(name: str, snapshot: Snapshot) -> Item:
    """How a service that others rely on stands, as far as it promises anything."""
    found = [(entry.id, status) for entry, status in snapshot.entries(service=name)]
    if not found:
        says = "it promises nothing, so nobody knows how it is"
        return Item("dependencies", name, Grade.UNKNOWN, says)
    states = [status.state if status else State.NO_DATA for _, status in found]
    known = [(status.remaining, slo) for slo, status in found if status and status.remaining is not None]
    least = "" if not known else "; least budget left: {} of {}".format(*_least(known))
    bad = sum(state in (State.BREACHED, State.AT_RISK) for state in states)
    unknown = sum(state in _UNKNOWN for state in states)
    if bad:
        says = f"{bad} of {len(states)} SLOs at risk or breached{least}"
        return Item("dependencies", name, Grade.WARN, says)
    if unknown:
        says = f"{unknown} of {len(states)} SLOs not measured{least}"
        return Item("dependencies", name, Grade.UNKNOWN, says)
    return Item("dependencies", name, Grade.OK, f"{len(states)} SLOs kept{least}")


def _least(known: Sequence[tuple[float, str]]) -> tuple[str, str]:
    remaining, slo = min(known)
    return numbers.percent(remaining), slo


def _traffic(one: Prepared) -> Iterator[Item]:
    """Whether so much was ever carried, how well, and how long the slice lasts when nothing works at that traffic."""
    if one.event.traffic is None:
        return
    of, expected, busiest = one.event.traffic.slo, one.expected, one.busiest
    if expected is None or busiest is None:
        yield Item("traffic", of, Grade.UNKNOWN, "the history knows too little to compare with")
        return
    times = expected / busiest.per_minute
    carried = "" if busiest.sli is None else f", {numbers.sli(busiest.sli)} of them good"
    says = (
        f"{numbers.count(expected)} a minute expected; the busiest hour so far had {numbers.count(busiest.per_minute)}"
        f"{carried} ({one.time(busiest.at)}): {times:.1f} times that"
    )
    yield Item("traffic", of, Grade.OK if times <= 1 else Grade.WARN, says)
    yield from _endurance(one, of, expected)


def _endurance(one: Prepared, of: str, expected: float) -> Iterator[Item]:
    """For how long nothing may work."""
    status = one.snapshot.statuses.get(of)
    protected = any(entry.id == of for entry in one.affected)
    if not protected or one.event.budget is None or status is None or status.budget is None:
        return
    lasts = timedelta(minutes=status.budget * float(one.event.budget) / expected)
    grade, late = Grade.OK, ""
    if lasts < _A_PAGE_TAKES:
        grade, late = Grade.WARN, ", before a page has reached anybody"
    says = f"at the traffic expected, an outage of {numbers.span(lasts)} spends the whole slice{late}"
    yield Item("traffic", of, grade, says)


def _squads(one: Prepared) -> Sequence[str]:
    """Who is told in the event, and of its services, sorted."""
    return sorted({one.event.squad, *(entry.squad.name for entry in one.affected)})


def _people(one: Prepared) -> Iterator[Item]:
    for name in _squads(one):
        squad = one.snapshot.catalog.squads[name]
        escalate = squad.on_call.escalate
        if squad.slack.mention is None:
            yield Item("on call", name, Grade.FAIL, "no on-call group is named: a page calls nobody")
        elif escalate is None:
            says = f"pages call {squad.slack.mention}; those that nobody acknowledges are not escalated"
            yield Item("on call", name, Grade.WARN, says)
        else:
            after = numbers.span(escalate.after)
            says = f"pages call {squad.slack.mention}, and after {after} squad {escalate.to}"
            yield Item("on call", name, Grade.OK, says)
    for service in sorted({entry.service.name for entry in one.affected if entry.service.runbook is None}):
        yield Item("on call", service, Grade.WARN, "it has no runbook")


def _drilled(one: Prepared) -> Iterator[Item]:
    """Whether a test alert has reached those people lately."""
    for name in _squads(one):
        proof = one.drills.get(name)
        if proof is None:
            says = f"no test alert in {numbers.span(DRILLED_WITHIN)}: observatory drill --squad {name}"
            yield Item("test alert", name, Grade.WARN, says)
        elif proof.latency is None:
            says = f"the one of {one.time(proof.incident.opened_at)} did not arrive"
            yield Item("test alert", name, Grade.FAIL, says)
        else:
            took = f"{proof.latency.total_seconds():.1f} s"
            says = f"arrived within {took}, {one.time(proof.incident.opened_at)}"
            yield Item("test alert", name, Grade.OK, says)


def _calendar(one: Prepared) -> Iterator[Item]:
    """What else takes place in the middle of it, and whether changes are held back."""
    mine, event, span = {entry.id for entry in one.affected}, one.event, one.span
    for other in one.snapshot.catalog.events.values():
        grade = {"exclude": Grade.FAIL, "protect": Grade.WARN}.get(other.mode)
        if (
            other is event
            or grade is None
            or mine.isdisjoint(e.id for e in one.snapshot.catalog.affected(other))
        ):
            continue
        what = "maintenance" if other.mode == "exclude" else "another event to protect"
        for clash in other.schedule.spans(span.start, span.end):
            yield Item("calendar", other.name, grade, f"{what}, {one.time(clash.start)}")
    if event.freeze is None:
        says = "nothing is frozen: changes may go out in the middle of it"
        yield Item("calendar", event.name, Grade.WARN, says)
        return
    begins, ends = span.start - event.freeze.before, one.time(span.end + event.freeze.after)
    says = f"frozen now, until {ends}" if begins <= one.now else f"frozen from {one.time(begins)} to {ends}"
    yield Item("calendar", event.name, Grade.OK, says)
