from pathlib import Path

import jsonschema
import pytest
import yaml

from observatory.adapters.files import CatalogFolder
from observatory.catalog import Events, Latency, json_schema, parse_catalog

FOLDER = Path(__file__).parents[2] / "catalog"
BUCKETS = {0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2.5}


@pytest.fixture(scope="module")
def parsed():
    return parse_catalog(CatalogFolder(FOLDER).read())


def test_the_example_has_neither_errors_nor_warnings(parsed):
    assert parsed.problems == ()


def test_every_service_promises_availability_and_latency(parsed):
    for service in parsed.catalog.services.values():
        availability, latency = service.slos
        assert (availability.name, latency.name) == ("availability", "latency")
        assert isinstance(availability.sli, Events)
        assert isinstance(latency.sli, Latency)
        assert latency.sli.below.total_seconds() in BUCKETS
        assert all(99 <= slo.objective <= 99.95 for slo in service.slos)


def test_every_service_is_found_by_its_job_and_counts_what_its_users_do(parsed):
    for name, service in parsed.catalog.services.items():
        assert service.selector == {"job": name}
        assert service.behaviour
        assert service.runbook == f"https://runbooks.example/{name}"


def test_files_lie_with_their_squad(parsed):
    for squad in parsed.catalog.squads.values():
        assert squad.place.file.endswith(f"catalog/{squad.name}/squad.yml")
    for service in parsed.catalog.services.values():
        assert service.place.file.endswith(f"catalog/{service.squad}/{service.name}.yml")


@pytest.mark.parametrize("file", sorted(FOLDER.rglob("*.yml")), ids=lambda file: file.stem)
def test_the_schema_for_editors_accepts_the_example(file):
    jsonschema.validate(yaml.safe_load(file.read_text()), json_schema())
