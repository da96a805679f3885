"""What changed between two versions of a generated file, in the words of the people who read it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

import yaml

_SHOWN = 80
_CONTEXT = 12
_MOST_LINES = 3


def changes(path: str, old: str, new: str) -> list[str]:
    """A line per change. Dashboards are compared panel by panel, rules rule by rule, other text line by line.

    Args:
        path: of the file; its suffix says what it is.
        old: as it lies there.
        new: as it would be generated.
    """
    try:
        if path.endswith(".json"):
            return list(_dashboard(json.loads(old), json.loads(new)))
        if (
            path.endswith(".yml") and "\ngroups:\n" in new
        ):  # else unit tests: ten times as long, and read as lines
            return list(_parts(_rules(old), _rules(new)))
    except (ValueError, yaml.YAMLError, AttributeError, KeyError, TypeError):
        return ["can't be read as what it should be; it was edited, or cut short"]
    return list(_lines(old, new))


def _dashboard(old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    yield from _values("", _without(old, "panels"), _without(new, "panels"))
    yield from _parts(_panels(old), _panels(new))


@dataclass(frozen=True, slots=True)
class _Part:
    """A panel or a rule: what people call it, and what it is."""

    name: str
    content: dict[str, Any]


def _panels(dashboard: dict[str, Any]) -> dict[object, _Part]:
    """By id, which is the same as long as a panel is the same one."""
    return {
        panel["id"]: _Part(f'panel "{panel.get("title", "")}"', _without(panel, "id", "gridPos"))
        for panel in dashboard.get("panels", [])
    }


def _rules(text: str) -> dict[object, _Part]:
    """Every rule of a rule file by its group, name and labels."""
    document = yaml.load(text, Loader=yaml.CSafeLoader)
    found: dict[object, _Part] = {}
    for group in document["groups"]:
        for rule in group["rules"]:
            kind = "alert" if "alert" in rule else "record"
            given = {key: value for key, value in sorted(rule.get("labels", {}).items()) if value}
            labels = ",".join(f'{key}="{value}"' for key, value in given.items())
            name = f"{kind} {rule[kind]}" + (f"{{{labels}}}" if labels else "")
            found[group["name"], name] = _Part(name, rule)
    return found


def _parts(old: Mapping[object, _Part], new: Mapping[object, _Part]) -> Iterator[str]:
    for identity, part in new.items():
        if identity not in old:
            yield f"{part.name}: added"
        else:
            yield from (
                f"{part.name}: {change}" for change in _values("", old[identity].content, part.content)
            )
    yield from (f"{part.name}: removed" for identity, part in old.items() if identity not in new)


def _values(path: str, old: Any, new: Any) -> Iterator[str]:
    """Leaf by leaf."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted({*old, *new}):
            yield from _values(f"{path}.{key}" if path else str(key), old.get(key), new.get(key))
    elif isinstance(old, list) and isinstance(new, list):
        for number, (before, after) in enumerate(zip_longest(old, new)):
            yield from _values(f"{path}[{_label(number, before, after)}]", before, after)
    elif old != new:
        yield f"{_spoken(path)} {_change(old, new)}"


def _label(number: int, *items: Any) -> str:
    """Queries by their refId, everything else by its number."""
    for item in items:
        if isinstance(item, dict) and "refId" in item:
            return str(item["refId"])
    return str(number)


def _spoken(path: str) -> str:
    if ".thresholds.steps[" in path and path.endswith(".value"):
        return "threshold"
    if path.startswith("targets[") and path.endswith(".expr"):
        return f"query {path[len('targets[') : path.index(']')]}"
    return path


def _change(old: Any, new: Any) -> str:
    before, after = _text(old), _text(new)
    if max(len(before), len(after)) <= _SHOWN:
        return f"{before} → {after}"
    start = _common(before, after)
    end = _common(before[start:][::-1], after[start:][::-1])
    first = max(0, start - _CONTEXT)
    return f"{_cut(before, first, end)} → {_cut(after, first, end)}"


def _cut(text: str, first: int, end: int) -> str:
    """The middle of a text that differs, with a little of what is around it."""
    last = len(text) - max(0, end - _CONTEXT)
    middle = text[first:last]
    if len(middle) > _SHOWN:
        middle = middle[:_SHOWN] + "…"
    return ("…" if first else "") + middle + ("…" if last < len(text) else "")


def _common(one: str, other: str) -> int:
    pairs = enumerate(zip(one, other, strict=False))
    return next((number for number, (a, b) in pairs if a != b), min(len(one), len(other)))


def _text(value: Any) -> str:
    if value is None:
        return "nothing"
    return " ".join(value.split()) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _lines(old: str, new: str) -> Iterator[str]:
    pairs: Sequence[tuple[str | None, str | None]] = list(zip_longest(old.split("\n"), new.split("\n")))
    differing = [(number, *pair) for number, pair in enumerate(pairs, 1) if pair[0] != pair[1]]
    for number, before, after in differing[:_MOST_LINES]:
        yield f"line {number}: {_change(before, after)}"
    if len(differing) > _MOST_LINES:
        yield f"and {len(differing) - _MOST_LINES} more lines"


def _without(value: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: item for key, item in value.items() if key not in keys}
