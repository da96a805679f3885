from support.views import Alerts, browse, organisation, small_views

from observatory.entrypoints.api.schema import SquadDetail, SquadShape


def test_squads_are_counted_by_state_and_by_open_incidents():
    squads = {one["squad"]: one for one in browse(organisation()).get("/api/v1/squads").json()}
    assert [SquadShape.model_validate(one).squad for one in squads.values()] == sorted(squads)
    assert squads["search"]["slos"] == {"healthy": 2, "at_risk": 1, "breached": 2, "partial": 1}
    assert (squads["search"]["open_incidents"], squads["playlists"]["open_incidents"]) == (2, 1)
    assert (squads["lab"]["slos"], squads["lab"]["services"]) == ({}, 1)


def test_a_squad_is_told_with_its_services_and_where_they_are_defined():
    squad = SquadDetail.model_validate(browse(organisation()).get("/api/v1/squads/playlists").json())
    playlist = next(one for one in squad.service_list if one.service == "playlist")
    assert playlist.depends_on == ["user-profile", "search"]
    assert playlist.defined_at == "catalog/playlists/playlist.yml:1:1"
    assert [one.slo for one in playlist.slos] == ["availability", "latency"]
    assert squad.timezone == "Europe/Stockholm"


def test_without_the_database_the_answer_is_to_come_again():
    alerts = Alerts()
    alerts.gone = True
    answer = browse(small_views(alerts=alerts)).get("/api/v1/squads")
    assert answer.status_code == 503
    assert "did not answer within 5 s" in answer.json()["detail"]
    assert int(answer.headers["retry-after"]) > 0
