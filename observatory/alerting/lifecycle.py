"""The life of one incident: opened, burning on, held, cooling, resolved, re-opened."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from observatory.alerting.model import Incident, IncidentState, Reason, Transition, incident_id
from observatory.catalog import ServiceSlo
from observatory.evaluation import Severity, SloStatus, State


@dataclass(frozen=True, slots=True)
class Patience:
    """How long decisions wait."""

    clear_for: timedelta = timedelta(minutes=2)
    """The short windows must have been clear for this long before an incident is resolved."""
    reopen_within: timedelta = timedelta(minutes=30)
    """What fires again this soon after it was resolved is the same incident."""
    refresh_every: timedelta = timedelta(minutes=5)
    """Numbers that changed are shown again after this time,"""
    refresh_step: float = 0.01
    """or at once when this much of the budget came or went."""


PATIENCE = Patience()


@dataclass(frozen=True, slots=True)
class Case:
    """One SLO's numbers, against which its incidents are decided."""

    entry: ServiceSlo
    status: SloStatus
    now: datetime
    patience: Patience = PATIENCE

    def step(
        self, incident: Incident | None, severity: Severity, *, inhibited: Reason | None
    ) -> Transition | None:
        """What happens to the incident of one severity, if anything.

        Args:
            incident: the open one, or the one that was resolved last.
            severity: which tiers count.
            inhibited: why nobody is told of it: a page of this SLO is open and speaks for it, or it is held.
        """
        firing = tuple(tier.name for tier in self.status.tiers if tier.firing and tier.severity is severity)
        if incident is not None and incident.is_open:
            if firing:
                return self._burn_on(incident, firing, inhibited=inhibited)
            held = incident.inhibited and inhibited is not None
            return self._cool(replace(incident, inhibited=held), incident)
        if not firing or self.status.state is State.STALE:  # what burned long ago opens nothing
            return None
        if incident is not None and self._is_recent(incident):
            return self._reopen(incident, firing, inhibited=inhibited)
        return self._open(severity, firing, inhibited=inhibited)

    def _open(self, severity: Severity, firing: tuple[str, ...], *, inhibited: Reason | None) -> Transition:
        incident = Incident(
            id=incident_id(self.status.slo, severity, self.status.at),
            slo=self.status.slo,
            service=self.entry.service.name,
            squad=self.entry.squad.name,
            severity=severity,
            state=IncidentState.FIRING,
            tiers=firing,
            opened_at=self.status.at,
            updated_at=self.now,
            announced_at=None if inhibited else self.now,
            inhibited=inhibited is not None,
            remaining=self.status.remaining,
            channel=self.entry.squad.slack.channel,
        )
        return Transition(incident, inhibited or Reason.TIER_FIRED, self.status)

    def _reopen(
        self, incident: Incident, firing: tuple[str, ...], *, inhibited: Reason | None
    ) -> Transition | None:
        again = replace(
            incident,
            state=IncidentState.FIRING,
            tiers=firing,
            reopened=incident.reopened + 1,
            clear_since=None,
            unknown_since=None,
            resolved_at=None,
            inhibited=inhibited is not None,
            acknowledged_by=None,
            acknowledged_at=None,
            silence=None,
            called_at=self.now,
            escalation=0,
        )
        if inhibited:
            return self._changed(incident, again, inhibited, visible=False)
        if incident.announced_at is None:
            return self._announce(incident, again)
        return self._changed(incident, again, Reason.REOPENED, visible=True)

    def _burn_on(
        self, incident: Incident, firing: tuple[str, ...], *, inhibited: Reason | None
    ) -> Transition | None:
        still = replace(
            incident, tiers=firing, clear_since=None, unknown_since=None, inhibited=inhibited is not None
        )
        if inhibited:
            escalates = not incident.inhibited and incident.announced_at is not None
            reason = Reason.ESCALATED_TO_PAGE if escalates else inhibited
            return self._changed(incident, still, reason, visible=escalates)
        if incident.announced_at is None:
            return self._announce(incident, still)
        if set(firing) - set(incident.tiers):
            return self._changed(incident, still, Reason.TIER_JOINED, visible=True)
        turned = firing != incident.tiers or incident.inhibited or incident.unknown_since is not None
        return self._changed(incident, still, Reason.STILL_FIRING, visible=turned or self._moved(incident))

    def _cool(self, cooling: Incident, incident: Incident) -> Transition | None:
        """No tier fires any more: is it over, or do we only not see it?"""
        clear = self._is_clear(incident)
        was_unknown = incident.unknown_since is not None
        if clear is None:
            held = replace(cooling, clear_since=None, unknown_since=incident.unknown_since or self.now)
            return self._changed(incident, held, Reason.UNKNOWN_HOLDS, visible=not was_unknown)
        # By the time of the numbers: a tick that is decided a moment early must not cost another one.
        since = (incident.clear_since or self.status.at) if clear else None
        known = replace(cooling, clear_since=since, unknown_since=None)
        if since is not None and self.status.at - since >= self.patience.clear_for:
            over = replace(known, state=IncidentState.RESOLVED, resolved_at=self.now)
            return self._changed(incident, over, Reason.BURN_STOPPED, visible=True)
        visible = was_unknown or self._moved(incident)
        return self._changed(incident, known, Reason.NOT_CLEAR_LONG_ENOUGH, visible=visible)

    def _announce(self, incident: Incident, told: Incident) -> Transition | None:
        """Nobody was told so far, since a page spoke for it: it is news now."""
        news = replace(told, announced_at=self.now)
        return self._changed(incident, news, Reason.TIER_FIRED, visible=True)

    def _changed(
        self, incident: Incident, now: Incident, reason: Reason, *, visible: bool
    ) -> Transition | None:
        """The change, or None where there is none; a change that people should see is a revision."""
        silent = now.announced_at is None or (now.inhibited and reason is not Reason.ESCALATED_TO_PAGE)
        if visible and (now.state is IncidentState.RESOLVED or not silent):
            now = replace(
                now, revision=incident.revision + 1, updated_at=self.now, remaining=self.status.remaining
            )
        return None if now == incident else Transition(now, reason, self.status, incident)

    def _is_recent(self, incident: Incident) -> bool:
        ended = incident.resolved_at
        return ended is not None and self.now - ended <= self.patience.reopen_within

    def _is_clear(self, incident: Incident) -> bool | None:
        """All its tiers' short windows burn no more; None when one of them can't be seen."""
        members = [tier.clear for tier in self.status.tiers if tier.name in incident.tiers]
        return None if None in members else all(members)

    def _moved(self, incident: Incident) -> bool:
        """The budget left is another one than people were shown, and it is time to say so."""
        if self.status.remaining is None or incident.remaining is None:
            return self.status.remaining is not incident.remaining
        step = abs(self.status.remaining - incident.remaining)
        due = self.now - incident.updated_at >= self.patience.refresh_every
        return step >= self.patience.refresh_step or (due and step > 0)
