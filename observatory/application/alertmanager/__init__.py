"""With an Alertmanager beside us: what it tells becomes incidents, and what we tell it keeps it quiet."""

from observatory.application.alertmanager.foreign import DecideAlerts
from observatory.application.alertmanager.receive import Heard, Receive
from observatory.application.alertmanager.reconcile import Reconcile
from observatory.application.alertmanager.round import Neighbours
from observatory.application.alertmanager.tell import Tell

__all__ = ["DecideAlerts", "Heard", "Neighbours", "Receive", "Reconcile", "Tell"]
