"""What is wrong with dashboards and rules that Grafana and Prometheus accept in silence; pure, one function a rule."""

from observatory.outputs.findings.allowances import RULES as ALLOWANCE_RULES
from observatory.outputs.lint import dashboards, rules
from observatory.outputs.lint.dashboards import Card, lint_dashboard, lint_together
from observatory.outputs.lint.drawing import limits_of
from observatory.outputs.lint.metrics import Known, counted_natively, read_metrics
from observatory.outputs.lint.recorded import Recorded, recorded
from observatory.outputs.lint.rule_files import RuleFile, is_test, read_rule_file, seconds_of
from observatory.outputs.lint.rules import lint_rule_file, lint_rules_together

__all__ = [
    "Card",
    "Known",
    "Recorded",
    "RuleFile",
    "counted_natively",
    "is_test",
    "limits_of",
    "lint_dashboard",
    "lint_rule_file",
    "lint_rules_together",
    "lint_together",
    "read_metrics",
    "read_rule_file",
    "recorded",
    "rule_table",
    "seconds_of",
]


def rule_table() -> dict[str, str]:
    """Every rule's name, and what it holds."""
    of_dashboards = {rule.name: rule.holds for part in dashboards.RULES for rule in part}
    of_rules = {rule.name: rule.holds for part in rules.RULES for rule in part}
    return of_dashboards | dashboards.ACROSS | of_rules | rules.ACROSS | ALLOWANCE_RULES
