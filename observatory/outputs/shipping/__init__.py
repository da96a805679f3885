"""Generated dashboards and rules in the forms in which others take them: APIs, provisioning, Terraform, Ansible, Git Sync."""

from observatory.outputs.shipping.ansible import ansible_files
from observatory.outputs.shipping.dashboards import Dashboard, Folder, canonical, dashboards_in
from observatory.outputs.shipping.git_sync import git_sync_files
from observatory.outputs.shipping.provisioning import provisioned_files
from observatory.outputs.shipping.rules import (
    NAMESPACES,
    Rule,
    RuleGroup,
    flat_rule_files,
    rule_groups,
    rules_in,
)
from observatory.outputs.shipping.terraform import terraform_files

__all__ = [
    "NAMESPACES",
    "Dashboard",
    "Folder",
    "Rule",
    "RuleGroup",
    "ansible_files",
    "canonical",
    "dashboards_in",
    "flat_rule_files",
    "git_sync_files",
    "provisioned_files",
    "rule_groups",
    "rules_in",
    "terraform_files",
]
