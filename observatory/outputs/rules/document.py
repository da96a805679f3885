"""Prometheus rule files as values, and their text: only what Prometheus 2.42 knows."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

_PLAIN = re.compile(r"[A-Za-z_/][A-Za-z0-9_/:.\-]*(?<!:)")
_WORDS = {"true", "false", "yes", "no", "on", "off", "null", "y", "n"}


@dataclass(frozen=True, slots=True)
class RecordingRule:
    """Evaluates `expr` and keeps the result as the series `record`."""

    record: str
    expr: str
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AlertingRule:
    """Fires for every series that `expr` returns."""

    alert: str
    expr: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    keep_firing_for: str
    lasting: str = ""
    """For how long it has to be so before anybody is told; at once when empty."""


@dataclass(frozen=True, slots=True)
class Group:
    """Rules that are evaluated one after the other, so that each may read those before it."""

    name: str
    interval: str
    rules: Sequence[RecordingRule | AlertingRule]


def rule_file(comment: str, groups: Sequence[Group]) -> str:
    """The text of one rule file, opened by a comment that says what it is."""
    lines = [f"# {line}".rstrip() for line in comment.split("\n")]
    lines.append("groups:")
    for group in groups:
        lines += [f"  - name: {scalar(group.name)}", f"    interval: {group.interval}", "    rules:"]
        for rule in group.rules:
            lines += _rule(rule)
    return "\n".join(lines) + "\n"


def _rule(rule: RecordingRule | AlertingRule) -> list[str]:
    match rule:
        case RecordingRule():
            return [
                f"      - record: {rule.record}",
                *_text("        expr", rule.expr),
                *_mapping("        labels", rule.labels),
            ]
        case AlertingRule():
            return [
                f"      - alert: {rule.alert}",
                *_text("        expr", rule.expr),
                *([f"        for: {rule.lasting}"] if rule.lasting else []),
                f"        keep_firing_for: {rule.keep_firing_for}",
                *_mapping("        labels", rule.labels),
                *_mapping("        annotations", rule.annotations),
            ]


def _mapping(key: str, values: Mapping[str, str]) -> list[str]:
    if not values:
        return []
    indent = " " * (len(key) - len(key.lstrip()) + 2)
    return [f"{key}:", *(line for name in values for line in _text(indent + name, values[name]))]


def _text(key: str, text: str) -> list[str]:
    """A block scalar for what has several lines, else a plain or a quoted scalar."""
    if "\n" not in text:
        return [f"{key}: {scalar(text)}"]
    indent = " " * (len(key) - len(key.lstrip()) + 2)
    return [f"{key}: |-", *(indent + line for line in text.split("\n"))]


def scalar(text: str) -> str:
    """A YAML string, quoted (as JSON, which YAML contains) unless it can only be read as a string."""
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    return json.dumps(text, ensure_ascii=False)
