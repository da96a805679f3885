"""Prometheus rule files as the lint sees them, whoever wrote them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from observatory.outputs.findings.model import Finding, Level, Step
from observatory.outputs.lint.board import mapping, mappings, text

_TESTS = re.compile(r"(?m)^(tests|rule_files|evaluation_interval):")
_GROUPS = re.compile(r"(?m)^[\"']?groups[\"']?\s*:")
_DURATION = re.compile(r"(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?")
_SECONDS = (604_800.0, 86_400.0, 3_600.0, 60.0, 1.0, 0.001)


@dataclass(frozen=True, slots=True)
class RuleView:
    """One rule of a file."""

    file: str
    group: str
    path: tuple[Step, ...]
    record: str
    """Empty for an alert."""
    alert: str
    expr: str
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    lasting: str = ""
    """An alert's `for`."""

    @property
    def where(self) -> str:
        """What people call it."""
        kind, name = ("alert", self.alert) if self.alert else ("record", self.record)
        told_apart = ",".join(f'{key}="{value}"' for key, value in sorted(self.labels.items()) if value)
        return f"{kind} {name}" + (f"{{{told_apart}}}" if told_apart and not self.alert else "")


@dataclass(frozen=True, slots=True)
class GroupView:
    """One group of a file."""

    name: str
    path: tuple[Step, ...]
    interval: str
    rules: tuple[RuleView, ...]

    @property
    def where(self) -> str:
        """What people call it."""
        return f"group {self.name}"


@dataclass(frozen=True, slots=True)
class RuleFile:
    """A rule file."""

    file: str
    groups: tuple[GroupView, ...]

    @property
    def rules(self) -> Iterator[RuleView]:
        """Of all its groups."""
        return (rule for group in self.groups for rule in group.rules)


def is_test(content: str) -> bool:
    """Whether this is for `promtool test rules`, and no rule file."""
    return _TESTS.search(content) is not None and _GROUPS.search(content) is None


def read_rule_file(file: str, content: str) -> RuleFile | Finding:
    """The rules of a file, or why it is none."""
    try:
        document = yaml.load(content, Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        reason = getattr(error, "problem", None) or str(error)
        return Finding(
            "rule-file", Level.ERROR, file, f"no YAML: {reason}", line=mark.line + 1 if mark else 1
        )
    if not isinstance(document, dict) or not isinstance(document.get("groups"), list):
        return Finding("rule-file", Level.ERROR, file, "it has no list of groups", line=1)
    return RuleFile(file, tuple(_group(file, number, raw) for number, raw in mappings(document["groups"])))


def _group(file: str, number: int, raw: Mapping[str, Any]) -> GroupView:
    path, name = ("groups", number), _scalar(raw.get("name"))
    rules = (_rule(file, name, (*path, "rules", index), rule) for index, rule in mappings(raw.get("rules")))
    return GroupView(name, path, _scalar(raw.get("interval")), tuple(rules))


def _rule(file: str, group: str, path: tuple[Step, ...], raw: Mapping[str, Any]) -> RuleView:
    return RuleView(
        file=file,
        group=group,
        path=path,
        record=text(raw.get("record")),
        alert=text(raw.get("alert")),
        expr=_scalar(raw.get("expr")).strip(),
        labels=_texts(raw.get("labels")),
        annotations=_texts(raw.get("annotations")),
        lasting=_scalar(raw.get("for")),
    )


def _texts(value: object) -> Mapping[str, str]:
    return {str(key): _scalar(item) for key, item in mapping(value).items()}


def _scalar(value: object) -> str:
    return "" if value is None else str(value)


def seconds_of(duration: str) -> float | None:
    """A duration of Prometheus's in seconds; None when it is none."""
    found = _DURATION.fullmatch(duration)
    if not duration or found is None:
        return None
    return sum(int(part) * unit for part, unit in zip(found.groups(), _SECONDS, strict=True) if part)
