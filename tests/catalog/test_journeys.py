import jsonschema
import pytest
import yaml
from support.catalogs import changed, parse_yaml
from support.events import JOURNEY

from observatory.catalog import json_schema

PARTS = "[playlist/availability]"


def parsed(of=PARTS, **more):
    return parse_yaml(journey=changed(PARTS, of, text=JOURNEY), **more)


def test_a_journey_has_slos_made_of_others():
    catalog = parsed("[playlist/availability, {slo: playlist/latency, weight: 3}]").valid()
    (entry,) = [entry for entry in catalog.slos() if entry.parts]
    assert (entry.id, entry.squad.name) == ("listen/availability", "playlists")
    assert [(part.weight, other.id) for part, other in entry.parts] == [
        (1, "playlist/availability"),
        (3, "playlist/latency"),
    ]
    assert entry.service.depends_on == ("playlist",)
    jsonschema.validate(yaml.safe_load(JOURNEY), json_schema())


@pytest.mark.parametrize(
    ("of", "says", "nearest"),
    [
        pytest.param("[playlist/availibility]", "no SLO of this name", "playlist/availability", id="unknown"),
        pytest.param("[playlist]", "by its service and its own name", None, id="a service"),
        pytest.param("[playlist/latency, playlist/latency]", "a component once", None, id="twice"),
        pytest.param("[listen/availability]", "listen/availability → listen/availability", None, id="itself"),
        pytest.param("[{slo: playlist/latency, weight: 0}]", "at least 1 is", None, id="weight"),
        pytest.param("[]", "at least one is expected", None, id="of nothing"),
    ],
)
def test_what_a_journey_cannot_be_made_of_is_told(of, says, nearest):
    problems = parsed(of).problems
    assert len(problems) == 1, "\n".join(map(str, problems))
    assert says in problems[0].rule
    assert problems[0].nearest == nearest
    assert problems[0].path.startswith("slos[0].of")


def test_a_circle_is_told_at_each_of_its_links_and_ends_nowhere():
    other = JOURNEY.replace("name: listen", "name: share").replace(PARTS, "[listen/availability]")
    found = parsed("[share/availability]", other=other)
    assert sorted(problem.place.file for problem in found.errors) == ["journey.yml", "other.yml"]
    assert "listen/availability → share/availability → listen/availability" in found.errors[0].rule
    assert len(list(found.catalog.slos())) == 4


def test_a_name_is_a_services_or_a_journeys():
    text = JOURNEY.replace("name: listen", "name: playlist")
    (problem,) = [one for one in parse_yaml(journey=text).errors if one.path == "name"]
    assert "taken by" in problem.rule
