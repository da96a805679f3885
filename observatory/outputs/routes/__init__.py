"""Where alerts go, in words and as data: one route, what is not covered, and who gets what after a change."""

from observatory.outputs.routes.coverage import COVERAGE_RULES, Reach, coverage, written_channels
from observatory.outputs.routes.difference import changes_json, describe_routes
from observatory.outputs.routes.explained import call_text, rule_text, span_text, tickets_text
from observatory.outputs.routes.machine import judged_json, judged_junit, route_json

__all__ = [
    "COVERAGE_RULES",
    "Reach",
    "call_text",
    "changes_json",
    "coverage",
    "describe_routes",
    "judged_json",
    "judged_junit",
    "route_json",
    "rule_text",
    "span_text",
    "tickets_text",
    "written_channels",
]
