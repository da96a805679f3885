import pytest
import yaml
from support.shipping import the_rules

from observatory.outputs.shipping import NAMESPACES, Rule, RuleGroup, rule_groups, rules_in

RULES = the_rules()


def test_every_group_is_whole_and_in_a_namespace_of_ours():
    groups = rule_groups(RULES)
    written = [
        group
        for path, text in RULES.items()
        if path.endswith(".yml") and not path.startswith("tests/")
        for group in yaml.safe_load(text)["groups"]
    ]

    assert {group.namespace for group in groups} == set(NAMESPACES)
    assert sorted(group.name for group in groups) == sorted(group["name"] for group in written)
    assert {group.name: yaml.safe_load(group.text) for group in groups} == {
        one["name"]: one for one in written
    }


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        pytest.param({"name": "g", "rules": []}, {"rules": [], "name": "g"}, True, id="order of keys"),
        pytest.param({"name": "g"}, {"name": "g", "limit": 0, "rules": None}, True, id="said by silence"),
        pytest.param(
            {"name": "g", "rules": [{"alert": "a", "expr": "x"}]},
            {"name": "g", "rules": [{"alert": "a", "expr": "x", "for": "0s", "labels": {}}]},
            True,
            id="defaults of a rule",
        ),
        pytest.param(
            {"name": "g", "rules": [{"alert": "a", "for": "1m"}]},
            {"name": "g", "rules": [{"alert": "a"}]},
            False,
            id="another for",
        ),
        pytest.param(
            {"name": "g", "rules": [{"record": "a", "labels": {"window": ""}}]},
            {"name": "g", "rules": [{"record": "a"}]},
            False,
            id="an empty label takes one away",
        ),
        pytest.param(
            {"name": "g", "rules": [{"record": "a"}, {"record": "b"}]},
            {"name": "g", "rules": [{"record": "b"}, {"record": "a"}]},
            False,
            id="order of rules",
        ),
    ],
)
def test_groups_are_equal_when_they_mean_the_same(one, other, same):
    assert (RuleGroup.of("n", one) == RuleGroup.of("n", other)) is same


def test_a_rule_is_the_same_however_prometheus_prints_it():
    assert Rule.of("g", "r", {}, "sum by(a)(x)") == Rule.of("g", "r", {}, "sum by (a) (\n  x\n)")
    assert Rule.of("g", "r", {}, "sum(x)") != Rule.of("g", "r", {}, "sum(y)")
    assert Rule.of("g", "r", {"a": "1"}, "x") != Rule.of("g", "r", {}, "x")


def test_text_that_is_no_promql_is_compared_as_text():
    assert Rule.of("g", "r", {}, "sum( ") == Rule.of("g", "r", {}, "sum(")


def test_every_rule_of_a_file_is_found():
    rules = list(rules_in(RULES["organisation.yml"]))

    assert len(rules) == len(set(rules)) == RULES["organisation.yml"].count("expr:")
