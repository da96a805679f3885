"""Findings of checks: what they are, which are allowed for a while, and how they are written down."""

from observatory.outputs.findings.allowances import Allowance, apply, read_allowances
from observatory.outputs.findings.formats import Format, rendered
from observatory.outputs.findings.locating import located
from observatory.outputs.findings.model import Finding, Level, from_problem, in_force, ordered

__all__ = [
    "Allowance",
    "Finding",
    "Format",
    "Level",
    "apply",
    "from_problem",
    "in_force",
    "located",
    "ordered",
    "read_allowances",
    "rendered",
]
