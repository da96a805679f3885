"""What somebody allowed, with a reason and until when: in comments of YAML files, and in a file for all others."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fnmatch import fnmatchcase

import yaml

from observatory.outputs.findings.model import Finding, Level

ALLOW_FILE = "allow.yml"
_COMMENT = re.compile(r"#\s*observatory:allow\b(?P<rest>.*)$")
_TERMS = re.compile(
    r"\s+(?P<rule>[\w-]+)\s+until\s+(?P<until>\d{4}-\d\d-\d\d)\s+because\s+(?P<reason>\S.*?)\s*"
)
_EXAMPLE = "# observatory:allow alert-runbook until 2027-01-31 because its runbook is being written"
_KEYS = frozenset({"files", "rule", "reason", "until"})
RULES = {
    "allowance": "An allowance names a rule, a reason and the day until when.",
    "allowance-expired": "No allowance is past its day.",
    "allowance-unused": "Every allowance allows something (a warning).",
}


@dataclass(frozen=True, slots=True)
class Allowance:
    """Findings of a rule that may stay for a while."""

    rule: str
    files: str
    """A glob; * stands for any characters, / too."""
    reason: str
    until: date
    at: tuple[str, int]
    """File and line where it is written."""
    lines: tuple[int, int] | None = None
    """The lines that it covers, first and last; every line when None."""

    def covers(self, finding: Finding) -> bool:
        """Whether the finding is one of those."""
        inside = self.lines is None or self.lines[0] <= finding.line <= self.lines[1]
        return inside and finding.rule == self.rule and fnmatchcase(finding.file, self.files)


def read_allowances(files: Mapping[str, str]) -> tuple[list[Allowance], list[Finding]]:
    """Every allowance in these files, and what is wrong with those that are none."""
    found: list[Allowance] = []
    wrong: list[Finding] = []
    for file, content in files.items():
        entries = _of_file(file, content) if file.rpartition("/")[2] == ALLOW_FILE else ()
        for entry in (*entries, *_of_comments(file, content)):
            if isinstance(entry, Allowance):
                found.append(entry)
            else:
                wrong.append(entry)
    return found, wrong


def _of_comments(file: str, content: str) -> Iterator[Allowance | Finding]:
    if "observatory:allow" not in content:
        return
    lines = content.split("\n")
    for number, line in enumerate(lines, 1):
        comment = _COMMENT.search(line)
        if comment is None:
            continue
        terms = _TERMS.fullmatch(comment["rest"])
        until = _date(terms["until"]) if terms else None
        if terms is None or until is None:
            rule = "an allowance names a rule, a day and a reason"
            yield Finding("allowance", Level.ERROR, file, rule, line=number, fix=f"such as: {_EXAMPLE}")
        else:
            covered = _block(lines, number)
            yield Allowance(terms["rule"], file, terms["reason"], until, (file, number), covered)


def _block(lines: Sequence[str], number: int) -> tuple[int, int]:
    """The part of the document that a comment speaks of: what is on its line, else what begins below it."""
    own = lines[number - 1].split("#")[0]
    first = number if own.strip() else number + 1
    while first <= len(lines) and not lines[first - 1].split("#")[0].strip():
        first += 1
    if first > len(lines):
        return number, number
    indent = _indent(lines[first - 1])
    last = first
    for later in range(first + 1, len(lines) + 1):
        text = lines[later - 1]
        if text.strip() and not text.lstrip().startswith("#"):
            if _indent(text) <= indent:
                break
            last = later
    return first, last


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _of_file(file: str, content: str) -> Iterator[Allowance | Finding]:
    example = "such as: - {files: 'dashboards/legacy/*', rule: panel-unit, until: 2027-01-31, reason: …}"
    try:
        node = yaml.compose(content, Loader=yaml.CSafeLoader)
        entries = yaml.load(content, Loader=yaml.CSafeLoader) or []
    except (yaml.YAMLError, ValueError) as error:
        yield Finding("allowance", Level.ERROR, file, f"no YAML: {error}", line=1, fix=example)
        return
    if not isinstance(entries, list):
        yield Finding("allowance", Level.ERROR, file, "it is no list", line=1, fix=example)
        return
    for number, entry in enumerate(entries):
        line = node.value[number].start_mark.line + 1 if node else 1
        given = entry if isinstance(entry, dict) else {}
        until = _date(str(given.get("until", "")))
        if set(given) != _KEYS or until is None or not str(given["reason"] or "").strip():
            message = "an allowance has files, rule, until (a day) and a reason, and nothing else"
            yield Finding("allowance", Level.ERROR, file, message, line=line, fix=example)
        else:
            yield Allowance(
                str(given["rule"]), str(given["files"]), str(given["reason"]), until, (file, line)
            )


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def apply(findings: Iterable[Finding], allowances: Sequence[Allowance], *, today: date) -> Iterator[Finding]:
    """Findings with what allows them; and a finding for every allowance that has expired or allows nothing."""
    used: set[Allowance] = set()
    by_rule: dict[str, list[Allowance]] = {}
    for allowance in allowances:
        by_rule.setdefault(allowance.rule, []).append(allowance)
    for finding in findings:
        covering = [a for a in by_rule.get(finding.rule, ()) if a.covers(finding)]
        used.update(covering)
        reason = next((a.reason for a in covering if today <= a.until), None)
        yield finding if reason is None else replace(finding, allowed=reason)
    for allowance in allowances:
        (file, line), what = allowance.at, f"{allowance.rule} is allowed"
        if allowance not in used:
            yield Finding(
                "allowance-unused", Level.WARNING, file, f"{what}, and nothing breaks it", line=line
            )
        elif today > allowance.until:
            message = f"{what} until {allowance.until}, which is over"
            yield Finding("allowance-expired", Level.ERROR, file, message, line=line)
