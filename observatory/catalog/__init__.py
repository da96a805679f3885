"""YAML text to frozen, validated squads, services and SLOs; every problem at once."""

from observatory.catalog.model import (
    Behaviour,
    Catalog,
    Escalation,
    Events,
    Latency,
    OnCall,
    Place,
    Rolling,
    Service,
    ServiceSlo,
    Slack,
    Sli,
    Slo,
    Squad,
    Use,
)
from observatory.catalog.selectors import Matcher, Selector, parse_selector

__all__ = [
    "Behaviour",
    "Catalog",
    "Escalation",
    "Events",
    "Latency",
    "Matcher",
    "OnCall",
    "Place",
    "Rolling",
    "Selector",
    "Service",
    "ServiceSlo",
    "Slack",
    "Sli",
    "Slo",
    "Squad",
    "Use",
    "parse_selector",
]
