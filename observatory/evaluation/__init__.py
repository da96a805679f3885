"""Pure pandas: SLI, error budget, burn rates, coverage and states, all SLOs in one table."""

from observatory.evaluation.evaluate import Provenance, evaluate
from observatory.evaluation.evaluation import Evaluation
from observatory.evaluation.model import (
    BudgetPoint,
    Severity,
    SloStatus,
    State,
    TierStatus,
    WindowBudget,
    WindowStatus,
)
from observatory.evaluation.moments import Moments, evaluate_moments
from observatory.evaluation.quiet import (
    LEARNT_FROM,
    LEFT_OUT,
    Dispersions,
    dispersion_over_time,
    usual_dispersion,
)
from observatory.evaluation.roster import Roster
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
    "Moments",
    "Provenance",
    "Roster",
    "Severity",
    "SloStatus",
    "State",
    "Tier",
    "TierStatus",
    "WindowBudget",
    "WindowStatus",
    "alert_windows",
    "detection_time",
    "dispersion",
    "dispersion_over_time",
    "evaluate",
    "evaluate_moments",
    "tiers_for",
    "unreachable",
    "usual_dispersion",
    "windows_for",
]
