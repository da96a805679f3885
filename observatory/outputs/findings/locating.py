"""Lines of findings: where in a text the part lies that a path of keys and indexes leads to."""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from json.decoder import scanstring  # type: ignore[attr-defined]  # there since Python 2, and not in typeshed

import yaml

from observatory.outputs.findings.model import Finding, Step

_SPACE = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()


def located(findings: Sequence[Finding], content: str) -> list[Finding]:
    """Findings of one file with their lines; one whose part is missing gets the line of what should hold it."""
    if all(finding.line for finding in findings):
        return list(findings)
    if findings[0].file.endswith(".json"):
        return [f if f.line else replace(f, line=_line(content, _offset(content, f.path))) for f in findings]
    try:
        root = yaml.compose(content, Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, ValueError, RecursionError):
        root = None
    return [f if f.line else replace(f, line=_yaml_line(root, f.path)) for f in findings]


def _line(content: str, offset: int) -> int:
    return content.count("\n", 0, offset) + 1


def _yaml_line(node: yaml.Node | None, path: Sequence[Step]) -> int:
    line = node.start_mark.line if node else 0
    for step in path:
        match node:
            case yaml.MappingNode():
                pairs = [(key, value) for key, value in node.value if key.value == step]
            case yaml.SequenceNode():
                pairs = (
                    [(item, item) for item in node.value[step : step + 1]] if isinstance(step, int) else []
                )
            case _:
                pairs = []
        if not pairs:
            break
        line, node = pairs[0][0].start_mark.line, pairs[0][1]
    return int(line) + 1


def _offset(content: str, path: Sequence[Step]) -> int:
    """Where the part begins; values beside the way are passed over by the decoder in C."""
    at = best = _after_space(content, 0)
    try:
        for step in path:
            found = _member(content, at, step) if isinstance(step, str) else _item(content, at, step)
            if found is None:
                break
            best, at = found
    except (ValueError, IndexError):
        return best
    return best


def _member(content: str, at: int, key: str) -> tuple[int, int] | None:
    """Where a key of the object begins, and its value."""
    if content[at] != "{":
        return None
    at = _after_space(content, at + 1)
    while content[at] == '"':
        begins = at
        name, at = scanstring(content, at + 1, True)  # noqa: FBT003 - the decoder's own signature
        at = _after_space(content, _after_space(content, at) + 1)
        if name == key:
            return begins, at
        at = _next(content, _DECODER.raw_decode(content, at)[1])
    return None


def _item(content: str, at: int, index: int) -> tuple[int, int] | None:
    if content[at] != "[":
        return None
    at = _after_space(content, at + 1)
    for _ in range(index):
        if content[at] == "]":
            return None
        at = _next(content, _DECODER.raw_decode(content, at)[1])
    return None if content[at] == "]" else (at, at)


def _next(content: str, at: int) -> int:
    at = _after_space(content, at)
    return _after_space(content, at + 1) if content[at] == "," else at


def _after_space(content: str, at: int) -> int:
    found = _SPACE.match(content, at)
    return found.end() if found else at
