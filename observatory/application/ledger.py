"""What people decide, written at once: incidents, what is told of them, and who did it, in one transaction."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from observatory.alerting import Incident, IncidentState, Silence, Transition, changes, quieten, still
from observatory.alerting.grouping import gather, members
from observatory.alerting.model import Origin
from observatory.alerting.steps import overlaid
from observatory.application.announce import Announce
from observatory.application.audit import AuditEntry
from observatory.application.delivery import Delivery
from observatory.application.ports import AlertStore
from observatory.application.scene import Scene
from observatory.application.snapshot import Board
from observatory.catalog import Catalog

OPEN = tuple(state for state in IncidentState if state is not IncidentState.RESOLVED)


@dataclass(frozen=True, slots=True)
class Ledger:
    """Where use cases write; the numbers that messages show are those of the newest tick."""

    alerts: AlertStore
    board: Board
    announce: Announce | None
    """None: there is nowhere to tell anything."""

    def catalog(self) -> Catalog:
        """The definitions in force."""
        return self.board.snapshot.catalog

    def step(self, incident: Incident) -> Transition:
        """Where a decision about this incident begins: nothing has changed so far."""
        return still(incident, self.board.snapshot.status(incident.slo))

    def write(
        self,
        steps: Sequence[Transition],
        *,
        audit: AuditEntry,
        now: datetime,
        silences: Sequence[Silence] = (),
    ) -> Collection[str]:
        """Write steps that were decided on what `step` gave; returns those of their incidents that moved on meanwhile.

        Messages that list one of them are edited with it.
        """
        known = self.alerts.incidents(states=OPEN)
        whole = gather(steps, known, self.board.snapshot.status, now=now)
        left = self.alerts.record(
            [step.incident for step in whole],
            self._deliveries(whole, Scene(overlaid(known, whole), self.board.snapshot.status), now=now),
            silences=silences,
            audit=[audit],
            revisions={step.previous.id: step.previous.revision for step in whole if step.previous},
        )
        return {step.incident.id for step in steps} & set(left)

    def conversation(self, incident: Incident) -> list[Incident]:
        """It, and what is told in its thread: pages first."""
        return [incident, *members(incident, self.alerts.incidents(states=OPEN))]

    def quietened(self, changed: Silence, *, now: datetime) -> list[Transition]:
        """What becomes of open incidents when this silence is added, or is now as it is here."""
        others = [one for one in self.alerts.silences(ending_after=now) if one.id != changed.id]
        steps = [self.step(incident) for incident in self.alerts.incidents(states=OPEN)]
        return [
            step for step in (quieten(one, [*others, changed], now=now) for one in steps) if changes(step)
        ]

    def _deliveries(self, steps: Sequence[Transition], scene: Scene, *, now: datetime) -> list[Delivery]:
        """What is told. Before the first tick there is nothing to show; the ticks edit the message soon enough."""
        catalog = self.catalog()
        entries = {entry.id: entry for entry in catalog.slos()}
        entries |= self.board.snapshot.beside_entries
        told = [
            step
            for step in steps
            if step.incident.origin is not Origin.SLO
            or (step.status is not None and step.incident.slo in entries)
        ]
        if self.announce is None:
            return []
        return [
            delivery
            for step in told
            for delivery in self.announce(step, entries.get(step.incident.slo), catalog, now=now, scene=scene)
        ]
