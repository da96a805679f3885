"""What is shipped to whoever evaluates rules: flat files for Prometheus, groups for a ruler's API."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Self

import promql_parser
import yaml

NAMESPACES = _ORGANISATION, _SERVICES = "observatory-organisation", "observatory-services"
"""Of a ruler; whatever lies in them is ours. Two, so that no service's group can meet the organisation's."""
_TESTS = "tests/"
_OPTIONAL = ("for", "keep_firing_for", "limit")


@dataclass(frozen=True, slots=True)
class Rule:
    """What tells one loaded rule from another: Prometheus prints expressions its own way, so `expr` is normal form."""

    group: str
    name: str
    labels: tuple[tuple[str, str], ...]
    expr: str

    @classmethod
    def of(cls, group: str, name: str, labels: Mapping[str, str], expr: str) -> Self:
        """A rule as it is written, or as Prometheus lists it."""
        return cls(group, name, tuple(sorted(labels.items())), _normal(expr))


@dataclass(frozen=True, slots=True)
class RuleGroup:
    """A group as a ruler's API takes it."""

    namespace: str
    name: str
    text: str
    """YAML with sorted keys and without empty fields, so that equal groups have equal texts."""

    @classmethod
    def of(cls, namespace: str, content: Mapping[str, Any]) -> Self:
        """A group as it was parsed from YAML."""
        return cls(namespace, str(content["name"]), _yaml(_plain(content)))


def flat_rule_files(files: Mapping[str, str]) -> dict[str, str]:
    """Rule files of one folder without subfolders, and without the unit tests.

    Prometheus takes wildcards in file names only (`rule_files: [/etc/prometheus/observatory/*.yml]`); with a folder
    for each squad, the rules of a new squad would silently not be loaded. No name has a dot, so none can collide.
    """
    return {
        path.replace("/", "."): files[path]
        for path in sorted(files)
        if path.endswith(".yml") and not path.startswith(_TESTS)
    }


def rule_groups(files: Mapping[str, str]) -> tuple[RuleGroup, ...]:
    """The groups of generated rule files, for a ruler's API."""
    return tuple(
        RuleGroup.of(_SERVICES if PurePosixPath(path).parent.name else _ORGANISATION, group)
        for path in sorted(files)
        if path.endswith(".yml") and not path.startswith(_TESTS)
        for group in _groups(files[path])
    )


def rules_in(text: str) -> Iterator[Rule]:
    """Every rule of a rule file."""
    for group in _groups(text):
        for rule in group["rules"]:
            name = rule.get("alert") or rule["record"]
            yield Rule.of(group["name"], name, rule.get("labels", {}), rule["expr"])


def _groups(text: str) -> list[dict[str, Any]]:
    groups: list[dict[str, Any]] = yaml.load(text, Loader=yaml.CSafeLoader)["groups"]
    return groups


def _normal(expr: str) -> str:
    try:
        return str(promql_parser.parse(expr).prettify())
    except ValueError:
        return " ".join(expr.split())


def _plain(value: Any) -> Any:  # Any: a YAML node
    """Sorted, and without fields that say nothing: rulers add such fields when they answer.

    An empty label says something: it takes the label away.
    """
    if isinstance(value, Mapping):
        plain = {str(key): _plain(item) for key, item in value.items()}
        return {key: item for key, item in sorted(plain.items()) if not _says_nothing(key, item)}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _says_nothing(key: str, value: Any) -> bool:
    return value in (None, {}, []) or (key in _OPTIONAL and value in (0, "0s"))


def _yaml(value: Any) -> str:
    text = yaml.dump(value, Dumper=yaml.CSafeDumper, allow_unicode=True, width=1_000_000)
    return str(text)
