"""Push what is generated into running systems: dashboards to Grafana, rules to Prometheus or to a ruler."""

from observatory.application.push.dashboards import push_dashboards
from observatory.application.push.outcome import Fate, Outcome, Permissions
from observatory.application.push.rule_files import push_rule_files
from observatory.application.push.rule_groups import push_rule_groups

__all__ = [
    "Fate",
    "Outcome",
    "Permissions",
    "push_dashboards",
    "push_rule_files",
    "push_rule_groups",
]
