"""A button of an incident's message was pressed."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from observatory.alerting import Incident, Matcher, Subject, morning
from observatory.application.acknowledge import Acknowledge, Answer
from observatory.application.audit import Actor
from observatory.application.ledger import Ledger
from observatory.application.ports import Clock
from observatory.application.silencing import AddSilence, ExpireSilence, NewSilence
from observatory.catalog import OnCall
from observatory.errors import NotFound, ObservatoryError, Unavailable
from observatory.evaluation import Severity
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

    ledger: Ledger
    acknowledge: Acknowledge
    add_silence: AddSilence
    expire_silence: ExpireSilence
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
        incident = self.ledger.alerts.incident(pressed.value)
        if incident is None:
            return _STALE
        if not incident.is_open:
            return "It is over already: there is nothing left to silence."
        if action is Action.END_SILENCE:
            return self._end_silences(incident, pressed)
        words, ends_at = self._until(action, incident, self.clock.now())
        for silence in _silences(self.ledger.conversation(incident), words, ends_at, key=pressed.key):
            self.add_silence(silence, actor=pressed.actor)
        return None

    def _end_silences(self, incident: Incident, pressed: Pressed) -> str | None:
        """End what keeps it quiet, and what is told in its thread."""
        found = {one.silence.id: one.silence for one in self.ledger.conversation(incident) if one.silence}
        for silence in found:
            self.expire_silence(silence, actor=pressed.actor)
        return None if found else "It is not silenced any more."

    def _until(self, action: Action, incident: Incident, now: datetime) -> tuple[str, datetime]:
        if action is Action.SILENCE_HOUR:
            return "for 1 h", now + timedelta(hours=1)
        squad = self.ledger.catalog().squads.get(incident.squad)
        on_call = squad.on_call if squad else OnCall()
        return "until morning", morning(now, hours=on_call.hours, timezone=on_call.timezone)


def _silences(
    conversation: Sequence[Incident], words: str, ends_at: datetime, *, key: str
) -> Iterator[NewSilence]:
    """One for each severity: whoever silences a ticket still wants the page.

    Tickets first: a page whose message falls silent while others burn below it would hand them over.
    """
    for severity in (Severity.TICKET, Severity.PAGE):
        burning = [one for one in conversation if one.severity is severity]
        if burning:
            yield NewSilence(
                matchers=(_of_slos(burning), Matcher(Subject.SEVERITY, severity)),
                owner=burning[0].squad,
                reason=f"silenced {words} from Slack",
                ends_at=ends_at,
                key=key if len({one.severity for one in conversation}) == 1 else f"{key} {severity}",
            )


def _of_slos(incidents: Sequence[Incident]) -> Matcher:
    slos = sorted({one.slo for one in incidents})
    if len(slos) == 1:
        return Matcher(Subject.SLO, slos[0])
    several = Matcher(Subject.SLO, "|".join(map(re.escape, slos)), is_regex=True)
    return several if several.problem() is None else Matcher(Subject.SERVICE, incidents[0].service)
