"""A button of an incident's message was pressed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from observatory.alerting import Incident, Matcher, Subject, morning
from observatory.application.acknowledge import Acknowledge, Answer
from observatory.application.audit import Actor
from observatory.application.ports import AlertStore, Clock
from observatory.application.silencing import AddSilence, NewSilence
from observatory.catalog import Catalog, OnCall
from observatory.errors import NotFound, ObservatoryError, Unavailable
from observatory.outputs.slack import Action

_STALE = "That incident is no longer known here; it may be older than what is kept."
_LATER = "Observatory could not write that down just now. Nothing has changed; please try again."
_SAYS = {
    Answer.ALREADY_ACKNOWLEDGED: "It has been acknowledged already.",
    Answer.SILENCED: "It is silenced: it calls nobody until the silence ends.",
    Answer.RESOLVED: "It is over already: there is nothing left to acknowledge.",
}


@dataclass(frozen=True, slots=True)
class Pressed:
    """Which button, of which incident, by whom."""

    action: str
    value: str
    """The incident's id, as far as we know."""
    actor: Actor
    key: str
    """Names this one press, however often it reaches us."""


@dataclass(frozen=True, slots=True)
class PressButton:
    """Call it with a press; the message itself shows what came of it."""

    alerts: AlertStore
    acknowledge: Acknowledge
    add_silence: AddSilence
    catalog: Callable[[], Catalog]
    clock: Clock

    def __call__(self, pressed: Pressed) -> str | None:
        """Do what the button says. Returns what to tell the person alone; None when the message says it."""
        try:
            action = Action(pressed.action)
        except ValueError:
            return f"Observatory doesn't know this button ({pressed.action[:60]}); nothing has changed."
        try:
            return self._do(action, pressed)
        except NotFound:
            return _STALE
        except Unavailable:
            return _LATER
        except ObservatoryError as error:
            return str(error)

    def _do(self, action: Action, pressed: Pressed) -> str | None:
        if action is Action.ACKNOWLEDGE:
            return _SAYS.get(self.acknowledge(pressed.value, actor=pressed.actor).answer)
        incident = self.alerts.incident(pressed.value)
        if incident is None:
            return _STALE
        if not incident.is_open:
            return "It is over already: there is nothing left to silence."
        now = self.clock.now()
        words, ends_at = self._until(action, incident, now)
        silence = NewSilence(
            # The severity belongs to it: whoever silences a ticket still wants the page.
            matchers=(Matcher(Subject.SLO, incident.slo), Matcher(Subject.SEVERITY, incident.severity)),
            owner=incident.squad,
            reason=f"silenced {words} from Slack",
            ends_at=ends_at,
            key=pressed.key,
        )
        self.add_silence(silence, actor=pressed.actor)
        return None

    def _until(self, action: Action, incident: Incident, now: datetime) -> tuple[str, datetime]:
        if action is Action.SILENCE_HOUR:
            return "for 1 h", now + timedelta(hours=1)
        squad = self.catalog().squads.get(incident.squad)
        on_call = squad.on_call if squad else OnCall()
        return "until morning", morning(now, hours=on_call.hours, timezone=on_call.timezone)
