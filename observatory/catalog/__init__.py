"""YAML text to frozen, validated squads, services and SLOs; every problem at once."""

from observatory.catalog.decoding import MAX_BYTES
from observatory.catalog.model import (
    Behaviour,
    Catalog,
    Escalation,
    Events,
    Latency,
    OnCall,
    Rolling,
    Service,
    ServiceSlo,
    Slack,
    Sli,
    Slo,
    Squad,
    Use,
)
from observatory.catalog.parsing import ParsedCatalog, parse_catalog
from observatory.catalog.problems import InvalidCatalog, Problem, report
from observatory.catalog.schema import json_schema
from observatory.catalog.selectors import Matcher, Selector, parse_selector
from observatory.catalog.written import Place

__all__ = [
    "MAX_BYTES",
    "Behaviour",
    "Catalog",
    "Escalation",
    "Events",
    "InvalidCatalog",
    "Latency",
    "Matcher",
    "OnCall",
    "ParsedCatalog",
    "Place",
    "Problem",
    "Rolling",
    "Selector",
    "Service",
    "ServiceSlo",
    "Slack",
    "Sli",
    "Slo",
    "Squad",
    "Use",
    "json_schema",
    "parse_catalog",
    "parse_selector",
    "report",
]
