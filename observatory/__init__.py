"""SLOs, error budgets, dashboards and alerts that belong to squads."""

__version__ = "0.1.0"
