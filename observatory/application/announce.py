"""From a transition to what the outbox holds: who is told, and the words, ready to send."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from observatory.alerting import (
    Incident,
    IncidentState,
    Notification,
    NotificationKind,
    OwnedBecause,
    Ownership,
    Reason,
    Rules,
    Transition,
    notifications,
    resolve_owner,
)
from observatory.alerting.model import Origin
from observatory.application.delivery import Delivery
from observatory.application.scene import Scene, happening
from observatory.catalog import Catalog, ServiceSlo
from observatory.evaluation import TIERS, BudgetPoint, SloStatus
from observatory.evaluation.forecast import forecast
from observatory.evaluation.slices import is_slice
from observatory.outputs.forecast import forecast_words
from observatory.outputs.links import dashboard_url, service_uid
from observatory.outputs.message import About, Message
from observatory.outputs.slack import Background, render_removed, render_reply, render_root
from observatory.outputs.slack.alert import render_alert, render_alert_reply
from observatory.outputs.slack.alive import Setting, render_alive, render_alive_reply

_BECAUSE: Mapping[OwnedBecause, str] = {
    OwnedBecause.SQUAD_LABEL: "named by the alert's own label",
    OwnedBecause.SERVICE_IN_CATALOG: "owner of the service in the catalog",
    OwnedBecause.FILE_OWNER: "owner of the file it is written in",
    OwnedBecause.NAMESPACE_RULE: "owner of the namespace",
    OwnedBecause.CATCH_ALL: "channel of last resort: nobody is known to own it",
}


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where people find more; None where it is not known."""

    public_url: str | None = None
    grafana_url: str | None = None
    catch_all: str | None = None
    """Slack channel of last resort."""


_ALONE = Scene()


@dataclass(frozen=True, slots=True)
class Announce:
    """Makes the deliveries of a transition."""

    addresses: Addresses
    bad_events: Callable[[str, datetime, datetime], float]
    """SLO id, from, until: bad events counted in between."""
    interactive: bool = False
    """Slack tells us which buttons are pressed."""
    burn_down: Callable[[str], Sequence[BudgetPoint]] = lambda _: ()
    """SLO id to its budget over its window, hour by hour."""

    def __call__(
        self,
        transition: Transition,
        entry: ServiceSlo | None,
        catalog: Catalog,
        *,
        now: datetime,
        scene: Scene = _ALONE,
    ) -> Iterator[Delivery]:
        """What the owner is told; nothing where nobody can be told.

        Args:
            transition: what happened.
            entry: the SLO and its squad; None when it is gone from the catalog.
            catalog: every definition.
            now: this moment.
            scene: what else goes on.
        """
        owner = self._owner(transition.incident, catalog)
        for notification in notifications(transition, owner, now=now):
            told = _Told(notification, transition, entry, owner, _called(notification, transition, catalog))
            message = self._message(told, catalog, scene, now=now)
            yield Delivery(notification, replace(message, about=self._about(transition.incident)))

    def _owner(self, incident: Incident, catalog: Catalog) -> Ownership:
        """The present owner; of a service that is gone, the squad that owned it when the incident opened."""
        rules = Rules(catch_all=self.addresses.catch_all)
        owner = resolve_owner(_owning(incident), catalog, rules)
        squad = catalog.squads.get(incident.squad)
        if owner.squad is not None or squad is None:
            return owner
        return replace(owner, squad=squad, channel=squad.slack.channel, fallback=owner.channel)

    def _message(self, told: "_Told", catalog: Catalog, scene: Scene, *, now: datetime) -> Message:
        transition, entry = told.transition, told.entry
        incident, status, mention = transition.incident, transition.status, told.notification.mention
        if incident.origin is not Origin.SLO:
            return self._of_no_slo(told, now=now)
        if entry is None or status is None:
            return render_removed(incident, now=now)
        spent = self._spent(transition)
        if told.notification.kind is NotificationKind.REPLY:
            return render_reply(transition, entry, now=now, spent=spent, ping=mention, calls=told.calls)
        background = Background(
            dashboard=self._dashboard(entry),
            incident=self._incident(incident),
            owned_because=_BECAUSE[told.owner.reason],
            spent=spent,
            ahead=self._ahead(entry, status),
            causes=tuple(scene.causes(incident, catalog, page=self._incident)),
            steps=scene.steps(entry) if incident.service in catalog.journeys else (),
            companions=scene.companions(incident),
            events=tuple(happening(incident.slo, catalog, now=now)),
            notes=_notes(incident),
            calls=told.calls,
            interactive=self.interactive,
        )
        return render_root(incident, status, entry, background, now=now, ping=mention)

    def _of_no_slo(self, told: "_Told", *, now: datetime) -> Message:
        incident, ping = told.transition.incident, told.notification.mention
        setting = Setting(told.owner.squad, self._incident(incident), told.calls, self.interactive)
        is_reply = told.notification.kind is NotificationKind.REPLY
        if incident.origin is Origin.ALERT:
            say = render_alert_reply if is_reply else render_alert
            because = _BECAUSE[told.owner.reason]
            return say(told.transition, setting, because=because, now=now, ping=ping)
        render = render_alive_reply if is_reply else render_alive
        return render(told.transition, setting, now=now, ping=ping)

    def _spent(self, transition: Transition) -> float | None:
        """The share of the budget that the incident cost; only asked when it is over.

        Counted from the beginning of the short window that burned when it opened: what set it off belongs to it.
        """
        incident, status = transition.incident, transition.status
        if incident.state is not IncidentState.RESOLVED or transition.reason is Reason.REMOVED_FROM_CATALOG:
            return None
        if status is None or not status.budget or is_slice(status):
            return None
        noticed_in = min((tier.short for tier in TIERS if tier.name in incident.tiers), default=timedelta())
        return (
            self.bad_events(status.column or incident.slo, incident.opened_at - noticed_in, status.at)
            / status.budget
        )

    def _ahead(self, entry: ServiceSlo, status: SloStatus) -> Sequence[str]:
        """When the budget is back, or how long it lasts; how it was spent is only asked where it is gone."""
        if status.shortfall is not None or is_slice(status):
            return ()
        gone = status.remaining is not None and status.remaining <= 0
        found = forecast(status, self.burn_down(entry.id) if gone else ())
        return forecast_words(found, status, zone=entry.squad.on_call.timezone)

    def _about(self, incident: Incident) -> About:
        return About(
            incident.id,
            incident.service,
            incident.slo,
            incident.squad,
            incident.severity,
            incident.state,
            self._incident(incident),
        )

    def _dashboard(self, entry: ServiceSlo) -> str | None:
        grafana = self.addresses.grafana_url
        return None if grafana is None else dashboard_url(service_uid(entry.service.name), grafana)

    def _incident(self, incident: Incident) -> str | None:
        public = self.addresses.public_url
        return None if public is None else f"{public.rstrip('/')}/incidents/{incident.id}"


@dataclass(frozen=True, slots=True)
class _Told:
    """A notification, and what it is about."""

    notification: Notification
    transition: Transition
    entry: ServiceSlo | None
    owner: Ownership
    calls: str | None
    """Whom an escalation calls, where that is not the owner's on-call."""


def _owning(incident: Incident) -> Mapping[str, str]:
    """The labels by which its owner is found; a drill or a watchdog has the one that it was opened for."""
    match incident.origin:
        case Origin.SLO:
            return {"service": incident.service}
        case Origin.ALERT:
            return {} if incident.alert is None else incident.alert.labels
        case _:
            return {}


def _notes(incident: Incident) -> Sequence[str]:
    former = incident.handed_over_by
    return () if former is None else (f"Handed over by {former} while it was open",)


def _called(notification: Notification, transition: Transition, catalog: Catalog) -> str | None:
    """Whose on-call an escalation calls at this destination; None: the owner's."""
    rung = transition.calls
    if rung is None or rung.squad is None or rung.channel != notification.destination:
        return None
    squad = catalog.squads.get(rung.squad)
    return None if squad is None else squad.slack.mention
