"""The lint of rule files: each by itself, then all of them together."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator

from observatory.outputs.findings.model import Finding, Level
from observatory.outputs.lint import alerts, expressions, groups
from observatory.outputs.lint.dashboards import linked
from observatory.outputs.lint.metrics import Known
from observatory.outputs.lint.recorded import Recorded
from observatory.outputs.lint.rule_files import RuleFile, RuleView
from observatory.outputs.lint.rulebook import rulebook

RULES = (expressions.RULES, alerts.RULES, groups.RULES)
ACROSS = {
    "rule-file": "A *.yml below alert_rules/ is a rule file, or a test of one.",
    "duplicate-rule": "No rule is there twice, in one file or in two.",
    "alert-link": "The dashboard that an alert leads to is there.",
}
"""Rules that are no function of one file."""


def lint_rule_file(content: RuleFile, known: Known, recorded: Recorded) -> list[Finding]:
    """What is wrong with a rule file by itself."""
    book = rulebook(content, known, recorded)
    return [finding for rules in RULES for finding in rules.findings(content.file, book)]


def lint_rules_together(
    files: Collection[RuleFile], *, dashboards: Collection[str] = ()
) -> Iterator[Finding]:
    """What is wrong between rules: the same one twice, and links to none of the `dashboards` (uids; empty: unknown)."""
    yield from _twice(files)
    for file in files if dashboards else ():
        for rule in file.rules:
            for name, value in rule.annotations.items():
                uid = linked(value)
                if uid and uid not in dashboards:
                    path = (*rule.path, "annotations", name)
                    yield Finding(
                        "alert-link",
                        Level.ERROR,
                        file.file,
                        f"no dashboard has the uid {uid}",
                        rule.where,
                        path,
                    )


def _twice(files: Iterable[RuleFile]) -> Iterator[Finding]:
    seen: defaultdict[tuple[object, ...], list[RuleView]] = defaultdict(list)
    for file in files:
        for rule in file.rules:
            labels = tuple(sorted((key, value) for key, value in rule.labels.items() if value))
            what = ("alert", rule.alert, rule.expr) if rule.alert else ("record", rule.record)
            seen[*what, labels].append(rule)
    for first, *others in seen.values():
        for rule in others:
            where = "above" if rule.file == first.file else f"in {first.file}"
            message = f"is there already, {where} (group {first.group})"
            yield Finding("duplicate-rule", Level.ERROR, rule.file, message, rule.where, rule.path)
