"""Conversations: what burns in one service at a time is told below one message, that of whichever spoke first.

An incident stays one per SLO and severity. One that *joins* another is told by answers in that one's thread, which go
through the outbox like every other notification; the first message lists it. When the first one is over or silenced
and a joined one still burns, that one speaks for itself: it gets a message of its own, and leads the rest.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from observatory.alerting.model import Incident, IncidentState, Origin, Reason, Transition
from observatory.alerting.steps import Status, bumped, is_visible, overlaid
from observatory.evaluation import Severity

QUIET = timedelta(minutes=15)
"""Whoever was called for a service sooner than this is not called by name again for it."""

_Place = tuple[str, str, str | None]
"""Service, squad and channel."""
_CALM = (Reason.STILL_FIRING, Reason.NOT_CLEAR_LONG_ENOUGH)
_WATCHED = (IncidentState.FIRING, IncidentState.ACKNOWLEDGED)


def gather(
    steps: Sequence[Transition], incidents: Iterable[Incident], status: Status, *, now: datetime
) -> list[Transition]:
    """The steps with every newcomer in the conversation it belongs to, and edits of the messages that list others.

    Args:
        steps: what is decided.
        incidents: all that are known, as they were before; with those that a joined one has joined.
        status: the newest numbers of an SLO.
        now: this moment.
    """
    table = _Table({step.incident.id: step for step in steps}, overlaid(incidents, steps), status, now)
    table.part()
    table.join()
    table.refresh()
    return list(table.steps.values())


def members(incident: Incident, incidents: Iterable[Incident]) -> list[Incident]:
    """Who has joined it and is still open: pages first, then as they opened."""
    found = (one for one in incidents if one.joined == incident.id and one.is_open)
    return sorted(found, key=_rank)


def is_spoken_for(incident: Incident, leader: Incident | None) -> bool:
    """Whether the one it has joined calls people for both."""
    return leader is not None and leader.id == incident.joined and _speaks(leader) and _calls(leader)


@dataclass(slots=True)
class _Table:
    """Steps and incidents while they are seated."""

    steps: dict[str, Transition]
    after: dict[str, Incident]
    status: Status
    now: datetime
    _places: Mapping[_Place, list[str]] = field(init=False)
    """Who could share a conversation, by id: in a storm there are thousands who couldn't."""

    def __post_init__(self) -> None:
        places: dict[_Place, list[str]] = defaultdict(list)
        for one in self.after.values():
            places[_place(one)].append(one.id)
        self._places = places

    def part(self) -> None:
        """Whoever burns below a message that is over or silenced finds another, or speaks for itself."""
        for one in sorted(self.after.values(), key=_rank):
            if one.joined is None or not _burns(one):
                continue
            leader = self.after.get(one.joined)
            if leader is None or not leader.is_open or leader.state is IncidentState.SILENCED:
                self._part(one)

    def join(self) -> None:
        """Newcomers sit down one after another, pages first: the first of a service leads the rest."""
        news = [step.incident for step in self.steps.values() if _is_news(step)]
        waiting = {one.id for one in news}
        for one in sorted(news, key=_rank):
            waiting.discard(one.id)
            leader = self._leader(one, but=waiting) if _calls_or_shows(one) else None
            if leader is not None:
                called = leader.called_at or leader.announced_at or self.now
                lately = called if self.now - called < QUIET else None
                self._seat(replace(one, joined=leader.id, called_at=lately))

    def refresh(self) -> None:
        """A message that lists others is edited when one of them has changed."""
        touched: dict[str, Reason] = {}
        for step in self.steps.values():
            for leader in {step.incident.joined, step.previous.joined if step.previous else None} - {None}:
                if is_visible(step) and leader is not None:
                    calm = step.reason in _CALM and touched.get(leader, step.reason) in _CALM
                    touched[leader] = Reason.STILL_FIRING if calm else Reason.CONVERSATION_CHANGED
        for leader, reason in touched.items():
            self._edit(leader, reason)

    def _part(self, one: Incident) -> None:
        numbers = self.status(one.slo)
        if numbers is None:
            return
        leader, step = self._leader(one), self.steps.get(one.id)
        elsewhere = replace(one, joined=leader.id if leader else None, formerly=())
        if leader is not None and step is not None and is_visible(step):
            self._seat(elsewhere)
        else:
            reason = Reason.CONVERSATION_CHANGED if leader else Reason.SPEAKS_FOR_ITSELF
            self._put(bumped(elsewhere, step or one, numbers, reason, now=self.now))

    def _leader(self, one: Incident, *, but: Iterable[str] = ()) -> Incident | None:
        """Whose conversation it is: a page joins no ticket, whose thread nobody would look at in the night."""
        leaders = (
            other
            for other in map(self.after.__getitem__, self._places.get(_place(one), ()))
            if other.id != one.id
            and other.id not in but
            and (other.severity is Severity.PAGE or one.severity is Severity.TICKET)
            and _speaks(other)
            and _burns(other)
        )
        return min(leaders, key=_rank, default=None)

    def _edit(self, leader_id: str, reason: Reason) -> None:
        leader, step = self.after.get(leader_id), self.steps.get(leader_id)
        if leader is None or leader.announced_at is None or (step is not None and is_visible(step)):
            return
        numbers = self.status(leader.slo)
        if numbers is not None:
            self._put(bumped(leader, step or leader, numbers, reason, now=self.now))

    def _seat(self, one: Incident) -> None:
        self._put(replace(self.steps[one.id], incident=one))

    def _put(self, step: Transition) -> None:
        self.steps[step.incident.id] = step
        self.after[step.incident.id] = step.incident


def _place(one: Incident) -> _Place:
    return one.service, one.squad, one.channel


def _rank(one: Incident) -> tuple[bool, datetime, str, str]:
    return one.severity is not Severity.PAGE, one.opened_at, one.slo, one.id


def _is_news(step: Transition) -> bool:
    """Told for the first time, in a message that could be an answer as well."""
    told_before = step.previous is not None and step.previous.announced_at is not None
    return step.incident.announced_at is not None and step.incident.joined is None and not told_before


def _speaks(one: Incident) -> bool:
    """Has a message of its own that people watch."""
    told = one.announced_at is not None and one.joined is None and one.origin is Origin.SLO
    return told and one.state in _WATCHED and not one.inhibited


def _calls(one: Incident) -> bool:
    """Goes on calling people until somebody acknowledges it."""
    return one.severity is Severity.PAGE and one.state is IncidentState.FIRING and one.clear_since is None


def _burns(one: Incident) -> bool:
    return one.state in _WATCHED and one.clear_since is None and not one.inhibited


def _calls_or_shows(one: Incident) -> bool:
    """What is silenced from the start is shown by itself: nobody would look for it in another's thread."""
    return one.state in _WATCHED and one.origin is Origin.SLO
