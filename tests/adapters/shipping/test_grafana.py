"""Against a server that behaves as Grafana's documentation and source say; no Grafana is at hand."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from support.grafana_api import TOKEN, Answered, GrafanaApi
from support.shipping import SMALLER, fates, the_dashboards

from observatory.adapters.shipping import Credentials, Grafana
from observatory.application.push import Permissions, push_dashboards
from observatory.errors import Ambiguous, DefinitionError, RateLimited, Refused, Unavailable

DASHBOARDS = the_dashboards()
UID = "service-playlist"
PATH = "playlists/playlist.json"


@pytest.fixture(params=[pytest.param(True, id="since 12"), pytest.param(False, id="before 12")])
def api(request):
    with GrafanaApi(wrapped_versions=request.param) as server:
        yield server


def client(api, token=TOKEN):
    return Grafana(api.url, Credentials(bearer_token=token))


def push(api, dashboards=DASHBOARDS, **may):
    return list(push_dashboards(dashboards, client(api), may=Permissions(**may)))


def test_everything_arrives_once_and_in_its_folder(api):
    assert set(fates(push(api)).values()) == {"created"}
    assert api.rows[UID].folder == "folder-playlists"
    assert api.rows["observatory-organisation"].folder == ""
    done = len(api.changes())

    assert set(fates(push(api)).values()) == {"unchanged"}
    assert len(api.changes()) == done


def test_an_update_keeps_the_folder_and_counts_on(api):
    push(api)
    api.edit(UID, by="sa-1-observatory", message="observatory push sha256:0", title="older")

    assert fates(push(api))[PATH] == "updated"
    assert api.rows[UID].folder == "folder-playlists"
    assert len(api.rows[UID].versions) == 3


def test_the_first_push_of_all_is_known_as_ours_though_grafana_calls_it_initial_save(api):
    push(api)
    by, message, model = api.rows[UID].versions[0]
    api.rows[UID].versions[0] = (by, message.replace("sha256:", "sha256:0"), model | {"title": "older"})

    assert fates(push(api))[PATH] == "updated"


def test_an_edit_in_the_browser_is_drift_until_it_is_forced(api):
    push(api)
    api.edit(UID, by="anna", message="nicer", title="Mine")

    (outcome,) = [one for one in push(api) if one.fate == "drifted"]
    assert outcome.why == "version 2 was saved by anna at 2026-03-01 12:00:00 UTC, saying 'nicer'"
    assert api.rows[UID].model["title"] == "Mine"

    assert fates(push(api, force=True))[PATH] == "updated"
    assert api.rows[UID].model["title"] == "playlist · service"


def test_a_save_between_our_look_and_our_save_is_a_412_and_drift(api):
    push(api)
    api.edit(UID, by="sa", message="observatory push sha256:0", title="older")

    def race(method, path):
        if method == "POST":
            api.before = lambda *_: None
            api.edit(UID, by="bert", title="Mine")

    api.before = race
    (outcome,) = [one for one in push(api) if one.fate != "unchanged"]

    assert (outcome.fate, api.rows[UID].model["title"]) == ("drifted", "Mine")
    assert "while it was pushed: version 3 was saved by bert" in outcome.why


def test_a_grafana_that_rewrites_models_is_left_in_peace(api):
    api.rewrite = lambda model: model | {"schemaVersion": 42, "timepicker": {"hidden": False}}
    push(api)

    assert set(fates(push(api)).values()) == {"unchanged"}


def test_provisioned_dashboards_are_neither_saved_nor_removed(api):
    (text,) = [one.text for one in DASHBOARDS if one.uid == UID]
    api.provision(json.loads(text) | {"title": "From a file"})

    assert fates(push(api))[PATH] == "refused"
    others = [one for one in DASHBOARDS if one.uid != UID]
    assert fates(push(api, others, prune=True))[f"dashboard {UID}"] == "left over"
    assert UID in api.rows


def test_only_what_is_ours_and_gone_is_removed(api):
    push(api)
    api.rows["copy"] = api.rows[UID].__class__(99, versions=[("anna", "", api.rows[UID].model)])

    outcomes = fates(push(api, the_dashboards(SMALLER), prune=True))

    assert outcomes["dashboard service-search"] == "removed"
    assert outcomes["dashboard copy"] == "left over"
    assert set(api.rows) >= {"copy", UID}
    assert "service-search" not in api.rows


def test_a_folder_made_by_hand_under_the_same_title_is_refused_with_grafanas_words(api):
    api.folders["by-hand"] = "playlists"

    (refused,) = [one for one in push(api) if one.fate == "refused"]

    assert "409 (a folder with the same name already exists in the current location)" in refused.why


def test_a_folder_and_a_dashboard_never_share_a_uid():
    folders = {one.folder_uid for one in DASHBOARDS}

    assert not folders & {one.uid for one in DASHBOARDS}


def test_more_leftovers_than_a_page_of_search_results_are_all_seen(api):
    for number in range(1005):
        api.provision({"uid": f"old-{number}", "title": "", "tags": ["observatory"]})

    assert len(client(api).tagged(["observatory"])) == 1005


def test_the_newest_revision(api):
    push(api)
    api.edit(UID, by="anna", message="nicer")

    revision = client(api).newest_revision(UID)

    assert (revision.version, revision.by, revision.message) == (2, "anna", "nicer")
    assert revision.at == datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert client(api).newest_revision("nothing") is None


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        pytest.param(Answered(401, {"message": "Invalid API key"}), Refused, "is the token right", id="401"),
        pytest.param(Answered(403, {"message": "Access denied"}), Refused, "may it do this", id="403"),
        pytest.param(
            Answered(500, {"message": "database is locked"}), Unavailable, "database is locked", id="500"
        ),
        pytest.param(Answered(502, b"<html>Bad Gateway</html>"), Unavailable, "502", id="a proxy"),
        pytest.param(Answered(429, {}, [("Retry-After", "7")]), RateLimited, "come back in 7 s", id="429"),
        pytest.param(
            Answered(302, b"", [("Location", "/login")]), Refused, "a redirect to /login", id="redirect"
        ),
        pytest.param(Answered(200, b"<html>"), Unavailable, "is this the address of Grafana", id="a page"),
        pytest.param(Answered(200, {"meta": {}}), Unavailable, "is this the address", id="other JSON"),
    ],
)
def test_what_grafana_answers_becomes_an_error_that_says_what_to_do(api, answer, error, words):
    def other(method, path):
        raise answer

    api.before = other
    with pytest.raises(error, match=words) as caught:
        client(api).dashboard(UID)
    assert TOKEN not in str(caught.value)


def test_a_wrong_token_is_refused_before_anything_is_done(api):
    with pytest.raises(Refused, match="401"):
        list(push_dashboards(DASHBOARDS, client(api, token=TOKEN[1:])))
    assert api.changes() == []


def test_a_save_without_an_answer_is_ambiguous_and_a_look_is_not(api):
    slow = Grafana(api.url, Credentials(bearer_token=TOKEN), timeout=timedelta(seconds=0.2))
    api.before = lambda *_: api.released.wait(5)

    with pytest.raises(Unavailable, match=r"limit 0\.2 s") as looked:
        slow.dashboard(UID)
    with pytest.raises(Ambiguous, match="run the same again"):
        slow.save(DASHBOARDS[0], message="", version=None, overwrite=False)
    assert not isinstance(looked.value, Ambiguous)


def test_nobody_there_is_unavailable():
    with pytest.raises(Unavailable, match="can't be reached"):
        Grafana("http://127.0.0.1:9", Credentials()).dashboard(UID)


@pytest.mark.parametrize(
    ("url", "credentials", "words"),
    [
        pytest.param("grafana.example", Credentials(), "no address of Grafana", id="no scheme"),
        pytest.param("http://grafana:port", Credentials(), "no address of Grafana", id="no URL"),
        pytest.param("http://g", Credentials(bearer_token=f"{TOKEN}\n"), "line break", id="a line break"),
    ],
)
def test_what_cannot_be_sent_is_said_before_it_is(url, credentials, words):
    with pytest.raises(DefinitionError, match=words) as caught:
        Grafana(url, credentials)
    assert "glsa" not in str(caught.value)


def test_a_password_in_the_address_is_not_shown():
    with pytest.raises(Unavailable) as caught:
        Grafana("http://anna:secret@127.0.0.1:9/grafana", Credentials()).has_folder("x")
    assert "secret" not in str(caught.value)
    assert "/grafana" in str(caught.value)
