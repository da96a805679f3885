"""Incidents, what happens to them and why, and what is to be told to whom."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from uuid import UUID, uuid5

from observatory.alerting.reports import Alert
from observatory.alerting.silences import Silence
from observatory.evaluation import Severity, SloStatus

NAMESPACE = UUID("5b0b7a52-94fd-5f6a-9a0e-5d7f6f3f3a1c")
"""Of incident and delivery ids; another one would post every open incident again."""


class IncidentState(StrEnum):
    """Where an incident stands in its life."""

    FIRING = "firing"
    ACKNOWLEDGED = "acknowledged"
    SILENCED = "silenced"
    RESOLVED = "resolved"


class Origin(StrEnum):
    """Who opens an incident, and closes it: the ticks leave alone what is not theirs."""

    SLO = "slo"
    """The numbers of an SLO."""
    WATCHDOG = "watchdog"
    """A dead man's switch: somebody's signs of life stay away. `slo` is `watchdog/` and its source."""
    DRILL = "drill"
    """A test of the way to a squad. `slo` is `drill/` and its name."""
    ALERT = "alert"
    """An alert that somebody else raised. `slo` is `alert/` and its name."""


class Reason(StrEnum):
    """Why a decision fell as it did: log, metric, message and test all speak these words."""

    TIER_FIRED = "tier_fired"
    TIER_JOINED = "tier_joined"
    STILL_FIRING = "still_firing"
    REOPENED = "reopened"
    BURN_STOPPED = "burn_stopped"
    NOT_CLEAR_LONG_ENOUGH = "not_clear_long_enough"
    UNKNOWN_HOLDS = "unknown_holds"
    INHIBITED_BY_PAGE = "inhibited_by_page"
    ESCALATED_TO_PAGE = "escalated_to_page"
    REMOVED_FROM_CATALOG = "removed_from_catalog"
    ACKNOWLEDGED = "acknowledged"
    SILENCED = "silenced"
    SILENCE_ENDED = "silence_ended"
    SILENCE_LIFTED = "silence_lifted"
    NOT_ACKNOWLEDGED = "not_acknowledged"
    OWNER_CHANGED = "owner_changed"
    HELD_FOR_DEPENDENCY = "held_for_dependency"
    CAUSE_CHANGED = "cause_changed"
    CONVERSATION_CHANGED = "conversation_changed"
    SPEAKS_FOR_ITSELF = "speaks_for_itself"
    FELL_SILENT = "fell_silent"
    HEARD_AGAIN = "heard_again"
    DRILL = "drill"
    DRILL_OVER = "drill_over"
    ALERT_FIRED = "alert_fired"
    ALERT_ENDED = "alert_ended"
    ALERT_GONE = "alert_gone"


@dataclass(frozen=True, slots=True)
class Incident:
    """One SLO burning at one severity, from the first tier that fired until it is resolved."""

    id: str
    slo: str
    """`service/slo`."""
    service: str
    squad: str
    """The owner."""
    severity: Severity
    state: IncidentState
    tiers: tuple[str, ...]
    """Tiers that fire now, or fired last."""
    opened_at: datetime
    updated_at: datetime
    """When it last changed in a way that people should see."""
    revision: int = 1
    """Grows with every change that people should see."""
    reopened: int = 0
    clear_since: datetime | None = None
    """Since when the short windows burn no more."""
    resolved_at: datetime | None = None
    unknown_since: datetime | None = None
    """Since when too little is seen to say whether it still burns: it is held open."""
    announced_at: datetime | None = None
    """When people were first to be told. None: a page of the same SLO has spoken for it so far, or it is held."""
    inhibited: bool = False
    """A page of the same SLO speaks for it now, or it is held while a dependency pages."""
    remaining: float | None = None
    """The budget left, as a ratio, when `revision` last grew."""
    acknowledged_by: str | None = None
    acknowledged_at: datetime | None = None
    silence: Silence | None = None
    """What keeps it quiet."""
    called_at: datetime | None = None
    """When people were last called by name, where that is not when they were first told."""
    escalation: int = 0
    """How many rungs of its ladder the present call has climbed."""
    also_told: tuple[str, ...] = ()
    """Channels besides the owner's that an escalation has reached: they hear how it goes on."""
    channel: str | None = None
    """The owner's channel, as it was when people were last told; None: not known."""
    handed_over_by: str | None = None
    """The squad that owned it before."""
    formerly: tuple[str, ...] = ()
    """Channels of earlier owners: they have a message of it, and hear how it goes on."""
    joined: str | None = None
    """The incident in whose thread it is told. None: it has a message of its own."""
    causes: tuple[str, ...] = ()
    """Services that it depends on and that it probably comes from: they are paging."""
    origin: Origin = Origin.SLO
    asked_by: str | None = None
    """Who asked for a drill."""
    alert: Alert | None = None
    """What fires, where that is no SLO."""

    @property
    def is_open(self) -> bool:
        """Not resolved."""
        return self.state is not IncidentState.RESOLVED


def incident_id(slo: str, severity: Severity, opened_at: datetime) -> str:
    """The same opening has the same id, whoever decides it and however often."""
    return str(uuid5(NAMESPACE, f"{slo}\n{severity}\n{opened_at.isoformat()}"))


@dataclass(frozen=True, slots=True)
class Rung:
    """Whom an unanswered page calls next."""

    channel: str
    squad: str | None
    """Whose on-call group is called; None: the channel is nobody's own."""


@dataclass(frozen=True, slots=True)
class Transition:
    """A change of an incident: what it is now, why, and the numbers it was decided on."""

    incident: Incident
    reason: Reason
    status: SloStatus | None
    """None when the SLO is gone from the catalog."""
    previous: Incident | None = None
    """What it was; None when it has just opened."""
    calls: Rung | None = None
    """Whom an escalation calls for help."""


class Priority(IntEnum):
    """In which order a channel's notifications go out; lower goes first."""

    PAGE = 0
    ESCALATION = 1
    RESOLVE = 2
    TICKET = 3
    UPDATE = 4
    REFRESH = 5


class NotificationKind(StrEnum):
    """How a notification reaches people: a new message, an edit of it, or a reply in its thread."""

    ROOT = "root"
    UPDATE = "update"
    REPLY = "reply"


@dataclass(frozen=True, slots=True)
class Notification:
    """One thing to tell one destination about an incident."""

    delivery_id: str
    """uuid5 of incident, destination, kind and revision: the same notification always has the same id."""
    incident: str
    destination: str
    """A Slack channel id."""
    kind: NotificationKind
    revision: int
    priority: int
    """Lower goes first: page, escalation, resolve, new ticket, update, refresh (`Priority`)."""
    not_before: datetime
    deadline: datetime
    mention: bool = False
    """Call the squad's on-call group by name."""
    about: str | None = None
    """The incident that it tells of, where that is not the one in whose thread it does."""

    @property
    def subject(self) -> str:
        """The incident that it tells of."""
        return self.about or self.incident
