"""What the use cases need of the outside world; each port has a real adapter and an in-memory one."""

from observatory.application.ports.alertmanager import Alertmanager, Held, Pushed, ReportStore
from observatory.application.ports.alerts import AlertStore
from observatory.application.ports.clock import Clock
from observatory.application.ports.dashboards import DashboardServer, Revision, SavedDashboard
from observatory.application.ports.documents import Documents
from observatory.application.ports.history import HistoryStore, Kept
from observatory.application.ports.lease import Lease
from observatory.application.ports.messenger import Messenger, Posted
from observatory.application.ports.metrics import MetricsSource
from observatory.application.ports.pictures import Picture, Pictures
from observatory.application.ports.rules import RuleGroupServer, RuleLoader
from observatory.application.ports.signs import Signs

__all__ = [
    "AlertStore",
    "Alertmanager",
    "Clock",
    "DashboardServer",
    "Documents",
    "Held",
    "HistoryStore",
    "Kept",
    "Lease",
    "Messenger",
    "MetricsSource",
    "Picture",
    "Pictures",
    "Posted",
    "Pushed",
    "ReportStore",
    "Revision",
    "RuleGroupServer",
    "RuleLoader",
    "SavedDashboard",
    "Signs",
]
