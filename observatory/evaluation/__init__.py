"""Pure pandas: SLI, error budget, burn rates, coverage and states, all SLOs in one table."""

from observatory.evaluation.model import (
    BudgetPoint,
    Severity,
    SloStatus,
    State,
    TierStatus,
    WindowStatus,
)

__all__ = ["BudgetPoint", "Severity", "SloStatus", "State", "TierStatus", "WindowStatus"]
