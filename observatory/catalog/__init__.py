"""YAML text to frozen, validated squads, services and SLOs; every problem at once."""

from observatory.catalog.budgeting import InSlices, Method, Occurrences, RatioTimeslices, Timeslices
from observatory.catalog.capping import MOST_EXCLUDED
from observatory.catalog.counters import ErrorOrSlow, Events, Latency
from observatory.catalog.decoding import MAX_BYTES
from observatory.catalog.events import Affects, Event, Freeze, SliceAlert, Traffic
from observatory.catalog.expressions import WINDOW, Promql
from observatory.catalog.gauges import Condition, Freshness, Probe, Queue, Threshold
from observatory.catalog.journeys import Component
from observatory.catalog.model import (
    Behaviour,
    Catalog,
    Escalation,
    Journey,
    JourneySlo,
    OnCall,
    Promise,
    Service,
    ServiceSlo,
    Slack,
    Slo,
    Squad,
    Use,
)
from observatory.catalog.parsing import CatalogParser, ParsedCatalog, parse_catalog
from observatory.catalog.problems import InvalidCatalog, Problem, report
from observatory.catalog.recurrence import Schedule, Span
from observatory.catalog.remembered import Remembered, parse_remembered
from observatory.catalog.schema import json_schema
from observatory.catalog.selectors import Matcher, Selector, parse_selector
from observatory.catalog.slis import Sli, Sliced
from observatory.catalog.windows import Calendar, Period, Rolling, Window
from observatory.catalog.written import Place

__all__ = [
    "MAX_BYTES",
    "MOST_EXCLUDED",
    "WINDOW",
    "Affects",
    "Behaviour",
    "Calendar",
    "Catalog",
    "CatalogParser",
    "Component",
    "Condition",
    "ErrorOrSlow",
    "Escalation",
    "Event",
    "Events",
    "Freeze",
    "Freshness",
    "InSlices",
    "InvalidCatalog",
    "Journey",
    "JourneySlo",
    "Latency",
    "Matcher",
    "Method",
    "Occurrences",
    "OnCall",
    "ParsedCatalog",
    "Period",
    "Place",
    "Probe",
    "Problem",
    "Promise",
    "Promql",
    "Queue",
    "RatioTimeslices",
    "Remembered",
    "Rolling",
    "Schedule",
    "Selector",
    "Service",
    "ServiceSlo",
    "Slack",
    "Sli",
    "SliceAlert",
    "Sliced",
    "Slo",
    "Span",
    "Squad",
    "Threshold",
    "Timeslices",
    "Traffic",
    "Use",
    "Window",
    "json_schema",
    "parse_catalog",
    "parse_remembered",
    "parse_selector",
    "report",
]
