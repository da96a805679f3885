import io
import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft4Validator
from junitparser import JUnitXml, Skipped

from observatory.outputs.findings import Finding, Format, Level, rendered

SCHEMAS = Path(__file__).parents[2] / "schemas"
ERROR = Finding(
    "panel-unit",
    Level.ERROR,
    "dashboards/a b.json",
    "has no unit",
    'panel "100 %, <x> & y"',
    ("panels", 3),
    12,
    "such as: s",
)
WARNING = Finding("irate", Level.WARNING, "dashboards/b.json", "first\nsecond: 50 %\x1b[31m", line=0)
ALLOWED = Finding("grid", Level.ERROR, "dashboards/c.json", "overlaps", line=4, allowed="moves in May")
ALL = [ERROR, WARNING, ALLOWED]
RULES = {"panel-unit": "Every panel has a unit.", "grid": "Nothing overlaps."}


def written(kind, findings=ALL):
    return rendered(findings, kind, rules=RULES)


def test_text_names_file_line_rule_and_counts():
    text = written(Format.TEXT)
    assert (
        'dashboards/a b.json:12: error: panel "100 %, <x> & y": has no unit [panel-unit]\n    such as: s'
        in text
    )
    assert "1 error and 1 warning in 2 files" in text
    assert "1 finding allowed for now" in text
    assert "\x1b" not in text


def test_json_holds_everything():
    first, _, last = json.loads(written(Format.JSON))
    assert first["path"] == ["panels", 3]
    assert (first["rule"], first["line"], first["allowed"]) == ("panel-unit", 12, None)
    assert last["allowed"] == "moves in May"


def test_github_commands_are_one_line_each_and_escaped():
    lines = written(Format.GITHUB).split("\n")
    assert len(lines) == 2
    commands = [
        re.fullmatch(r"::(error|warning) file=([^,]*),line=(\d+),title=([^:]*)::(.*)", line) for line in lines
    ]
    assert commands[0][5] == 'panel "100 %25, <x> & y": has no unit%0Asuch as: s'
    assert commands[1].groups()[:4] == ("warning", "dashboards/b.json", "1", "irate")
    assert "first%0Asecond: 50 %25" in commands[1][5]


def test_commas_and_colons_of_file_names_do_not_end_a_property():
    finding = Finding("x", Level.ERROR, "a,b:c.json", "bad", line=1)
    assert "file=a%2Cb%3Ac.json,line=1" in written(Format.GITHUB, [finding])


def test_junit_is_read_by_a_parser_of_junit():
    xml = JUnitXml.fromfile(io.BytesIO(written(Format.JUNIT).encode()))
    cases = {case.classname: case for suite in xml for case in suite}
    assert cases["dashboards/a b.json"].result[0].message == 'panel "100 %, <x> & y": has no unit'
    assert isinstance(cases["dashboards/c.json"].result[0], Skipped)
    assert cases["dashboards/b.json"].result == []
    assert "first" in cases["dashboards/b.json"].system_out
    assert sum(suite.failures for suite in xml) == 1


def test_junit_of_nothing_has_a_case_that_passes():
    (suite,) = JUnitXml.fromfile(io.BytesIO(written(Format.JUNIT, []).encode()))
    assert (suite.tests, suite.failures, len(list(suite))) == (1, 0, 1)


def test_sarif_has_the_shape_of_version_2_1_0():
    log = json.loads(written(Format.SARIF))
    (run,) = log["runs"]
    assert log["version"] == "2.1.0"
    rules = run["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("none", "note", "warning", "error")
        assert isinstance(result["message"]["text"], str)
        (place,) = result["locations"]
        physical = place["physicalLocation"]
        assert physical["region"]["startLine"] >= 1
        assert " " not in physical["artifactLocation"]["uri"]
        assert not physical["artifactLocation"]["uri"].startswith("/")
    assert run["results"][2]["suppressions"] == [{"kind": "external", "justification": "moves in May"}]


def test_sarif_is_valid_by_its_published_schema():
    schema = Draft4Validator(json.loads((SCHEMAS / "sarif-2.1.0-rtm.5.json").read_text()))
    for findings in (ALL, []):
        assert [
            error.message for error in schema.iter_errors(json.loads(written(Format.SARIF, findings)))
        ] == []
    broken = json.loads(written(Format.SARIF))
    broken["runs"][0]["results"][0]["level"] = "fatal"
    assert len(list(schema.iter_errors(broken))) == 1


@pytest.mark.parametrize("kind", [Format.JSON, Format.SARIF])
def test_no_findings_are_a_document_as_well(kind):
    json.loads(written(kind, []))
