from datetime import date

import pytest

from observatory.outputs.findings import Finding, Level, apply, read_allowances

TODAY = date(2026, 3, 1)
RULES = """\
groups:
  - name: a
    rules:
      # observatory:allow alert-runbook until 2026-04-01 because it is being written
      - alert: One
        expr: up == 0
      - alert: Two
        expr: up == 0  # observatory:allow alert-owner until 2026-04-01 because nobody has it
"""


def finding(rule="alert-runbook", *, line=5, file="alert_rules/x.yml"):
    return Finding(rule, Level.ERROR, file, "is wrong", line=line)


def outcome(files, *findings, today=TODAY):
    allowances, wrong = read_allowances(files)
    done = [*apply(findings, allowances, today=today), *wrong]
    return [(one.rule, one.line, one.allowed) for one in done]


def test_a_comment_covers_what_begins_below_it_and_no_more():
    assert ("alert-runbook", 5, "it is being written") in outcome({"alert_rules/x.yml": RULES}, finding())
    assert ("alert-runbook", 6, "it is being written") in outcome(
        {"alert_rules/x.yml": RULES}, finding(line=6)
    )
    assert ("alert-runbook", 7, None) in outcome({"alert_rules/x.yml": RULES}, finding(line=7))


def test_a_comment_behind_something_covers_its_line():
    assert ("alert-owner", 8, "nobody has it") in outcome(
        {"alert_rules/x.yml": RULES}, finding("alert-owner", line=8)
    )


def test_a_comment_covers_its_own_file_and_rule_alone():
    others = finding(file="alert_rules/y.yml"), finding("alert-severity")
    assert {allowed for _, _, allowed in outcome({"alert_rules/x.yml": RULES}, *others)} == {None}


def test_an_allowance_that_nothing_needs_is_told():
    assert outcome({"alert_rules/x.yml": RULES}) == [
        ("allowance-unused", 4, None),
        ("allowance-unused", 8, None),
    ]


def test_an_allowance_holds_on_its_last_day_and_not_after():
    held = outcome(
        {"alert_rules/x.yml": RULES}, finding(), finding("alert-owner", line=8), today=date(2026, 4, 1)
    )
    over = outcome(
        {"alert_rules/x.yml": RULES}, finding(), finding("alert-owner", line=8), today=date(2026, 4, 2)
    )
    assert [allowed for _, _, allowed in held] == ["it is being written", "nobody has it"]
    assert [rule for rule, _, _ in over] == ["alert-runbook", "alert-owner", *["allowance-expired"] * 2]


@pytest.mark.parametrize(
    "comment",
    [
        pytest.param("# observatory:allow", id="nothing"),
        pytest.param("# observatory:allow alert-runbook because it is late", id="no day"),
        pytest.param("# observatory:allow alert-runbook until 2026-04-01", id="no reason"),
        pytest.param("# observatory:allow alert-runbook until 2026-04-31 because x", id="no such day"),
    ],
)
def test_an_allowance_without_day_or_reason_is_an_error(comment):
    assert outcome({"x.yml": f"a: 1\n{comment}\n"}) == [("allowance", 2, None)]


ALLOW = """\
- files: dashboards/legacy/*
  rule: panel-unit
  until: 2026-04-01
  reason: the panels are being redrawn
"""


def test_a_file_of_allowances_speaks_for_json():
    legacy = finding("panel-unit", file="dashboards/legacy/a.json", line=900)
    other = finding("panel-unit", file="dashboards/a.json")
    assert [allowed for _, _, allowed in outcome({"dashboards/allow.yml": ALLOW}, legacy, other)] == [
        "the panels are being redrawn",
        None,
    ]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(ALLOW.replace("  until: 2026-04-01\n", ""), id="no day"),
        pytest.param(ALLOW.replace("the panels are being redrawn", "''"), id="an empty reason"),
        pytest.param(ALLOW.replace("rule:", "rules:"), id="a misspelt key"),
        pytest.param("- x", id="a word"),
        pytest.param("a: 1", id="no list"),
        pytest.param("- [", id="no YAML"),
    ],
)
def test_a_wrong_entry_is_an_error(text):
    assert [(rule, line) for rule, line, _ in outcome({"dashboards/allow.yml": text})] == [("allowance", 1)]
