import pytest
from support.catalogs import a_catalog, a_service, a_squad
from support.views import browse, organisation, small_views, views_of

from observatory.entrypoints.api.schema import SloShape
from observatory.outputs.status import status_json


def test_every_slo_has_the_shape_of_the_schema_and_of_the_command_line():
    views = organisation()
    answered = browse(views).get("/api/v1/slos").json()
    assert answered == [status_json(entry, status) for entry, status in views.board.snapshot.entries()]
    assert len([SloShape.model_validate(one) for one in answered]) == 28


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param("squad=music", {"lyrics", "playback", "transcripts"}, id="squad"),
        pytest.param("service=playlist", {"playlist"}, id="service"),
        pytest.param("state=query_failed", {"ad-decision"}, id="state"),
        pytest.param("squad=search&state=partial", {"search-index"}, id="squad-and-state"),
        pytest.param("squad=music&service=playlist", set(), id="nothing-in-common"),
    ],
)
def test_slos_are_filtered(query, expected):
    answered = browse(organisation()).get(f"/api/v1/slos?{query}").json()
    assert {one["service"] for one in answered} == expected


def test_unknown_numbers_are_null_and_never_zero():
    answered = browse(organisation()).get("/api/v1/slos/campaigns/availability").json()
    assert answered["state"] == "no_data"
    assert answered["sli"] is None
    assert answered["events"] == {"total": None, "bad": None}
    assert answered["budget"] == {"events": None, "consumed": None, "remaining": None}
    assert set(answered["burn"].values()) == {None}


def test_an_slo_that_was_never_evaluated_has_no_data():
    answered = browse(views_of(a_catalog())).get("/api/v1/slos/playlist/availability").json()
    SloShape.model_validate(answered)
    assert (answered["state"], answered["objective"], answered["window"]) == ("no_data", 0.999, "30d")


@pytest.mark.parametrize(
    ("path", "near"),
    [
        pytest.param("/api/v1/slos?squad=playlist", '"playlists"', id="squad-filter"),
        pytest.param("/api/v1/slos?service=playlits", '"playlist"', id="service-filter"),
        pytest.param("/api/v1/slos/playlits/availability", '"playlist"', id="service"),
        pytest.param("/api/v1/slos/playlist/availabilty", '"availability"', id="slo"),
        pytest.param("/api/v1/squads/playlist", '"playlists"', id="squad"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest_there_is(path, near):
    answer = browse(small_views()).get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert f"Did you mean {near}?" in answer.json()["detail"]


def test_a_state_that_does_not_exist_is_answered_with_those_that_do():
    answer = browse(small_views()).get("/api/v1/slos?state=burning")
    assert answer.status_code == 422
    assert "'healthy'" in answer.json()["detail"]
    assert answer.json()["errors"][0]["value"] == "burning"


def test_an_organisation_without_slos_is_an_empty_list():
    views = views_of(a_catalog(a_service(slos=()), squads=[a_squad()]))
    assert browse(views).get("/api/v1/slos").json() == []
