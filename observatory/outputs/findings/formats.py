"""Findings as people and programs read them: text, JSON, GitHub annotations, JUnit and SARIF 2.1.0."""

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from itertools import groupby
from typing import Any
from urllib.parse import quote

from observatory.outputs.findings.model import Finding, Level, in_force

_NO_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


class Format(StrEnum):
    """How findings are written."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"
    JUNIT = "junit"
    SARIF = "sarif"


def rendered(findings: Sequence[Finding], kind: Format, *, rules: Mapping[str, str]) -> str:
    """The findings in a format, without a final newline; `rules` says what each rule holds."""
    writers: dict[Format, Callable[[], str]] = {
        Format.TEXT: lambda: as_text(findings),
        Format.JSON: lambda: as_json(findings),
        Format.GITHUB: lambda: as_github(findings),
        Format.JUNIT: lambda: as_junit(findings),
        Format.SARIF: lambda: as_sarif(findings, rules),
    }
    return writers[kind]()


def as_text(findings: Sequence[Finding]) -> str:
    """A few lines each, then a line that counts them."""
    shown, allowed = in_force(findings), [finding for finding in findings if finding.allowed is not None]
    errors = sum(finding.level is Level.ERROR for finding in shown)
    counts = [_count(errors, "error"), _count(len(shown) - errors, "warning")]
    counted = " and ".join(filter(None, counts))
    files = len({finding.file for finding in shown})
    lines = [_printable(str(finding)) for finding in shown]
    if counted:
        lines.append(f"{counted} in {_count(files, 'file')}")
    if allowed:
        lines.append(f"{_count(len(allowed), 'finding')} allowed for now")
    return "\n".join(lines)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}" if number else ""


def _printable(text: str) -> str:
    """Without characters that would move a terminal's cursor or colour it."""
    return "".join(c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in text)


def as_json(findings: Sequence[Finding]) -> str:
    """A list of objects; `allowed` holds the reason why one may stay."""
    return json.dumps(
        [
            {
                "rule": finding.rule,
                "level": finding.level,
                "file": finding.file,
                "line": finding.line,
                "path": list(finding.path),
                "where": finding.where,
                "message": finding.message,
                "fix": finding.fix,
                "allowed": finding.allowed,
            }
            for finding in findings
        ],
        indent=2,
        ensure_ascii=False,
    )


def as_github(findings: Sequence[Finding]) -> str:
    """A workflow command each, which GitHub shows beside the line; it shows ten errors and ten warnings a step."""
    return "\n".join(
        f"::{finding.level} file={_property(finding.file)},line={finding.line or 1},"
        f"title={_property(finding.rule)}::{_data(_advised(finding))}"
        for finding in in_force(findings)
    )


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _advised(finding: Finding) -> str:
    return f"{finding.said}\n{finding.fix}" if finding.fix else finding.said


def as_junit(findings: Sequence[Finding]) -> str:
    """A suite a file and a case a finding: errors fail, warnings pass with a text, what is allowed is skipped."""
    root = ET.Element("testsuites", name="observatory check")
    for file, of_file in groupby(sorted(findings, key=lambda f: f.file), key=lambda f: f.file):
        cases = list(of_file)
        failing = [f for f in cases if f.allowed is None and f.level is Level.ERROR]
        skipped = [f for f in cases if f.allowed is not None]
        counts = {"tests": len(cases), "failures": len(failing), "errors": 0, "skipped": len(skipped)}
        attributes = {"name": printable_xml(file)} | {key: str(count) for key, count in counts.items()}
        suite = ET.SubElement(root, "testsuite", attributes)
        for finding in cases:
            _case(suite, finding)
    if not findings:
        suite = ET.SubElement(root, "testsuite", name="observatory check", tests="1", failures="0")
        ET.SubElement(suite, "testcase", name="nothing is wrong", classname="observatory")
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=False)


def _case(suite: ET.Element, finding: Finding) -> None:
    name = f"{finding.rule}: {finding.where or 'file'} (line {finding.line or 1})"
    case = ET.SubElement(
        suite,
        "testcase",
        name=printable_xml(name),
        classname=printable_xml(finding.file),
        file=printable_xml(finding.file),
    )
    if finding.allowed is not None:
        ET.SubElement(case, "skipped", message=printable_xml(finding.allowed))
    elif finding.level is Level.ERROR:
        failure = ET.SubElement(case, "failure", message=printable_xml(finding.said), type=finding.rule)
        failure.text = printable_xml(str(finding))
    else:
        ET.SubElement(case, "system-out").text = printable_xml(str(finding))


def printable_xml(text: str) -> str:
    """The text as XML can hold it: version 1.0 has no way to write most control characters."""
    return _NO_XML.sub("�", text)


def as_sarif(findings: Sequence[Finding], rules: Mapping[str, str]) -> str:
    """One run of SARIF 2.1.0, as code scanning reads it."""
    names = sorted({*rules, *(finding.rule for finding in findings)})
    index = {name: number for number, name in enumerate(names)}
    driver = {
        "name": "observatory check",
        "rules": [{"id": name, "shortDescription": {"text": rules.get(name, name)}} for name in names],
    }
    results = [_result(finding, index[finding.rule]) for finding in findings]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    log = {"$schema": _SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, ensure_ascii=False)


def _result(finding: Finding, rule: int) -> dict[str, Any]:
    place = {"artifactLocation": {"uri": quote(finding.file)}, "region": {"startLine": finding.line or 1}}
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": rule,
        "level": finding.level.value,
        "message": {"text": _advised(finding)},
        "locations": [{"physicalLocation": place}],
        "partialFingerprints": {"part/v1": f"{finding.rule}:{finding.file}:{finding.where}"},
    }
    if finding.allowed is not None:
        result["suppressions"] = [{"kind": "external", "justification": finding.allowed}]
    return result
