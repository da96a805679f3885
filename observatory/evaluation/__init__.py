"""Pure pandas: SLI, error budget, burn rates, coverage and states, all SLOs in one table."""

from observatory.evaluation.evaluate import Provenance, evaluate
from observatory.evaluation.evaluation import Evaluation
from observatory.evaluation.model import (
    BudgetPoint,
    Severity,
    SloStatus,
    State,
    TierStatus,
    WindowStatus,
)
from observatory.evaluation.quiet import LEARNT_FROM, LEFT_OUT, Dispersions, usual_dispersion
from observatory.evaluation.significance import dispersion
from observatory.evaluation.tiers import (
    TIERS,
    Tier,
    alert_windows,
    detection_time,
    tiers_for,
    unreachable,
    windows_for,
)

__all__ = [
    "LEARNT_FROM",
    "LEFT_OUT",
    "TIERS",
    "BudgetPoint",
    "Dispersions",
    "Evaluation",
    "Provenance",
    "Severity",
    "SloStatus",
    "State",
    "Tier",
    "TierStatus",
    "WindowStatus",
    "alert_windows",
    "detection_time",
    "dispersion",
    "evaluate",
    "tiers_for",
    "unreachable",
    "usual_dispersion",
    "windows_for",
]
