"""Events as JSON, Markdown and pages that stand alone."""

from observatory.outputs.events.json import (
    adjustment_json,
    components_json,
    event_json,
    freeze_json,
    occasion_json,
)
from observatory.outputs.events.model import Busiest, EventReport, Grade, Item, Line, Paced, Readiness
from observatory.outputs.events.page import POLICY
from observatory.outputs.events.reports import (
    Format,
    beyond_words,
    readiness_json,
    readiness_text,
    report_json,
    report_text,
)

__all__ = [
    "POLICY",
    "Busiest",
    "EventReport",
    "Format",
    "Grade",
    "Item",
    "Line",
    "Paced",
    "Readiness",
    "adjustment_json",
    "beyond_words",
    "components_json",
    "event_json",
    "freeze_json",
    "occasion_json",
    "readiness_json",
    "readiness_text",
    "report_json",
    "report_text",
]
