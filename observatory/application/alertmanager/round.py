"""One round with the Alertmanagers beside us: we look at what they hold, and tell them what we look after."""

from dataclasses import dataclass

import structlog

from observatory.application.alertmanager.reconcile import Reconcile
from observatory.application.alertmanager.tell import Tell
from observatory.errors import ObservatoryError

_log = structlog.get_logger("observatory.alertmanager")


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Call it every few seconds on the replica that evaluates."""

    reconcile: Reconcile
    tell: Tell

    def __call__(self) -> None:
        """Look first: only who hears all alerts may keep Alertmanager quiet about them."""
        try:
            hears = self.reconcile()
            self.tell(hears=hears)
        except ObservatoryError as error:
            _log.error("alertmanager_round_failed", error=str(error))
