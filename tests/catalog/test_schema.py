import re

import jsonschema
import pytest
import yaml
from support.catalogs import SERVICE_YAML, SQUAD_YAML, changed, parse_yaml

from observatory.catalog import json_schema

VALIDATOR = jsonschema.Draft202012Validator(json_schema())


def errors_in(text):
    return [error.message for error in VALIDATOR.iter_errors(yaml.safe_load(text))]


def test_the_schema_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(json_schema())


@pytest.mark.parametrize("text", [SQUAD_YAML, SERVICE_YAML], ids=["squad", "service"])
def test_the_schema_accepts_what_the_parser_accepts(text):
    assert errors_in(text) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("apiVersion: observatory/v1\n", "", id="no version"),
        pytest.param("kind: Service\n", "", id="no kind"),
        pytest.param("kind: Service", "kind: Policy", id="another kind"),
        pytest.param("squad: playlists\n", "", id="no owner"),
        pytest.param("tier: 1", "teir: 1", id="unknown key"),
        pytest.param("tier: 1", "tier: 9", id="tier"),
        pytest.param("tier: 1", "place: x", id="place"),
        pytest.param("name: playlist\n", "name: Play\n", id="name"),
        pytest.param(": 99.9", ": 100", id="objective of a hundred"),
        pytest.param(": 99.9", ": 0.999", id="objective as a ratio"),
        pytest.param(": 30d", ": {calendar: month}", id="window"),
        pytest.param("300ms", "300", id="a duration without its unit"),
        pytest.param("{events:", "{probe:", id="SLI kind"),
        pytest.param("postgresql", "postgres", id="use"),
        pytest.param("https:", "javascript:", id="runbook"),
    ],
)
def test_the_schema_refuses_what_the_parser_refuses(old, new):
    assert parse_yaml(changed(old, new)).errors
    assert errors_in(changed(old, new))


def test_every_key_is_described_or_speaks_for_itself():
    service = json_schema()["$defs"]["Service"]
    assert service["properties"]["squad"]["description"] == "The owner."
    assert "Labels that every series" in service["properties"]["selector"]["description"]


def test_patterns_are_understood_by_editors():
    patterns = re.findall(r"'pattern': '((?:[^'\\]|\\.)*)'", str(json_schema()))
    assert patterns
    assert not [pattern for pattern in patterns if "(?s" in pattern or "(?P" in pattern]
