import pytest
from support.views import Alerts, an_incident, browse, organisation, small_views

from observatory.entrypoints.api.schema import IncidentShape


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param(
            "", ["inc-7f3a9c", "inc-51d0be", "inc-0b77e1", "inc-c2d4aa", "inc-9e9e01"], id="newest-first"
        ),
        pytest.param("?squad=search", ["inc-51d0be", "inc-0b77e1"], id="squad"),
        pytest.param("?state=resolved", ["inc-9e9e01"], id="state"),
        pytest.param("?state=resolved&state=silenced", ["inc-c2d4aa", "inc-9e9e01"], id="states"),
        pytest.param("?limit=1", ["inc-7f3a9c"], id="limit"),
        pytest.param("?since=2026-03-01T00:00:00Z&squad=playlists", ["inc-7f3a9c"], id="since"),
        pytest.param("?squad=lab", [], id="none"),
    ],
)
def test_incidents_are_filtered(query, expected):
    answered = browse(organisation()).get(f"/api/v1/incidents{query}").json()
    assert [IncidentShape.model_validate(one).id for one in answered] == expected


@pytest.mark.parametrize(
    ("query", "right"),
    [
        pytest.param("since=2026-03-01T00:00:00", "timezone", id="no-zone"),
        pytest.param("state=open", "'firing'", id="state"),
        pytest.param("limit=0", "greater than or equal to 1", id="limit"),
        pytest.param("limit=1001", "less than or equal to 1000", id="too-many"),
    ],
)
def test_a_wrong_argument_is_answered_with_what_would_be_right(query, right):
    answer = browse(organisation()).get(f"/api/v1/incidents?{query}")
    assert answer.status_code == 422
    assert right in answer.json()["detail"]


def test_all_wrong_arguments_are_told_at_once():
    answer = browse(organisation()).get("/api/v1/incidents?limit=x&state=open&since=now")
    assert {one["where"] for one in answer.json()["errors"]} == {
        "query.limit",
        "query.state.0",
        "query.since",
    }


def test_a_squad_that_is_gone_keeps_its_incidents_and_one_that_never_was_is_an_error():
    views = small_views()
    views.alerts.record(
        [an_incident("old", next(views.board.snapshot.catalog.slos()), squad="disbanded")], []
    )
    assert [one["id"] for one in browse(views).get("/api/v1/incidents?squad=disbanded").json()] == ["old"]
    assert browse(views).get("/api/v1/incidents?squad=playlist").status_code == 404


def test_an_incident_links_to_its_page():
    answered = (
        browse(organisation(), public_url="https://slo.example/o/")
        .get("/o/api/v1/incidents/inc-7f3a9c")
        .json()
    )
    assert answered["url"] == "https://slo.example/o/incidents/inc-7f3a9c"
    assert (answered["service"], answered["slo"]) == ("playlist", "availability")


def test_an_unknown_incident_is_not_found():
    assert browse(organisation()).get("/api/v1/incidents/inc-0").status_code == 404


def test_without_the_database_the_answer_is_to_come_again():
    alerts = Alerts()
    alerts.gone = True
    for path in ("/api/v1/incidents", "/api/v1/incidents/x"):
        assert browse(small_views(alerts=alerts)).get(path).status_code == 503
