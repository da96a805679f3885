import json
from dataclasses import replace
from threading import Barrier, Lock

import pytest
from support.shipping import SMALLER, fates, the_dashboards

from observatory.adapters.memory.grafana import MemoryGrafana
from observatory.application.push import Permissions, push_dashboards
from observatory.errors import Unavailable

DASHBOARDS = the_dashboards()
PLAYLIST = "service-playlist"


def edited(uid=PLAYLIST, dashboards=DASHBOARDS, **changes):
    (text,) = [one.text for one in dashboards if one.uid == uid]
    return json.dumps(json.loads(text) | changes)


def pushed(dashboards=DASHBOARDS):
    server = MemoryGrafana()
    list(push_dashboards(dashboards, server))
    return server


def test_an_empty_grafana_gets_a_folder_a_squad_and_every_dashboard_in_its_folder():
    server = MemoryGrafana()

    outcomes = fates(push_dashboards(DASHBOARDS, server))

    assert server.folders == {"folder-playlists": "playlists", "folder-search": "search"}
    assert set(outcomes.values()) == {"created"}
    assert server.dashboard(PLAYLIST).folder_uid == "folder-playlists"
    assert server.dashboard("observatory-organisation").folder_uid == ""


class Crowded(MemoryGrafana):
    """Answers nobody before four have asked, and notes how many ask at once."""

    def __init__(self, *, fails=False):
        super().__init__()
        self.fails, self.inside, self.most, self.asked = fails, 0, 0, 0
        self.four, self.lock = Barrier(4), Lock()

    def dashboard(self, uid):
        with self.lock:
            self.inside, self.asked = self.inside + 1, self.asked + 1
            self.most = max(self.most, self.inside)
        if self.fails:
            raise Unavailable("gone")
        self.four.wait(timeout=20)
        with self.lock:
            self.inside -= 1
        return super().dashboard(uid)


def test_dashboards_go_four_at_a_time_and_are_told_in_their_order():
    eight = [
        replace(DASHBOARDS[0], uid=f"d{number}", path=f"d{number}.json", folder=None) for number in range(8)
    ]
    server = Crowded()

    outcomes = [outcome.what for outcome in push_dashboards(eight, server)]

    assert outcomes == [one.path for one in eight]
    assert server.most == 4


def test_when_grafana_goes_away_the_rest_is_not_tried():
    many = [replace(DASHBOARDS[0], uid=f"d{number}", folder=None) for number in range(500)]
    server = Crowded(fails=True)

    with pytest.raises(Unavailable):
        list(push_dashboards(many, server))

    assert server.asked < 500


def test_a_second_push_saves_nothing():
    server = pushed()
    saves = server.saves

    assert set(fates(push_dashboards(DASHBOARDS, server)).values()) == {"unchanged"}
    assert server.saves == saves


def test_an_edit_is_left_alone_and_told_with_who_when_and_what():
    server = pushed()
    server.edit(PLAYLIST, edited(title="Mine"), by="anna", message="nicer", folder_uid="folder-playlists")

    (outcome,) = [one for one in push_dashboards(DASHBOARDS, server) if one.fate == "drifted"]

    assert outcome.what == "playlists/playlist.json"
    assert outcome.why == "version 2 was saved by anna at 2026-01-01 00:00:00 UTC, saying 'nicer'"
    assert outcome.changes == ("title Mine → playlist · service",)
    assert json.loads(server.dashboard(PLAYLIST).text)["title"] == "Mine"


def test_force_overwrites_an_edit():
    server = pushed()
    server.edit(PLAYLIST, edited(title="Mine"), by="anna", folder_uid="folder-playlists")

    outcomes = fates(push_dashboards(DASHBOARDS, server, may=Permissions(force=True)))

    assert outcomes["playlists/playlist.json"] == "updated"
    assert json.loads(server.dashboard(PLAYLIST).text)["title"] == "playlist · service"


def test_our_own_older_push_is_updated_without_force():
    server = pushed()
    newer = the_dashboards_with(title="Renamed")

    assert fates(push_dashboards(newer, server))["playlists/playlist.json"] == "updated"
    assert fates(push_dashboards(newer, server))["playlists/playlist.json"] == "unchanged"


def test_a_grafana_that_rewrites_what_it_keeps_is_not_updated_for_ever():
    server = pushed()
    message = server.newest_revision(PLAYLIST).message
    server.edit(PLAYLIST, edited(schemaVersion=42), by="sa", message=message, folder_uid="folder-playlists")

    assert fates(push_dashboards(DASHBOARDS, server))["playlists/playlist.json"] == "unchanged"


def test_a_dashboard_that_was_moved_comes_back_to_its_folder():
    server = pushed()
    message = server.newest_revision(PLAYLIST).message
    server.edit(PLAYLIST, edited(), by="sa", message=message, folder_uid="elsewhere")

    (moved,) = [one for one in push_dashboards(DASHBOARDS, server) if one.fate != "unchanged"]

    assert moved.changes == ("folder elsewhere → folder-playlists",)
    assert server.dashboard(PLAYLIST).folder_uid == "folder-playlists"


def test_somebody_who_saves_while_we_push_is_not_overwritten():
    class Racing(MemoryGrafana):
        def save(self, dashboard, **how):
            self.edit(dashboard.uid, dashboard.text, by="bert", folder_uid=dashboard.folder_uid)
            super().save(dashboard, **how)

    (outcome,) = [
        one for one in push_dashboards(DASHBOARDS, Racing()) if one.what == "playlists/playlist.json"
    ]

    assert outcome.fate == "drifted"
    assert outcome.why.startswith("while it was pushed: version 1 was saved by bert")


def test_a_provisioned_dashboard_is_refused_in_clear_words_and_the_rest_goes_on():
    server = MemoryGrafana()
    server.edit(PLAYLIST, edited(title="From a file"), by="", provisioned=True)

    outcomes = list(push_dashboards(DASHBOARDS, server))

    (refused,) = [one for one in outcomes if one.fate == "refused"]
    assert "reads it from a file on its own machine" in refused.why
    assert fates(outcomes)["search/search.json"] == "created"


def test_a_folder_that_is_refused_stops_its_own_dashboards_only():
    server = MemoryGrafana(folders={"made-by-hand": "playlists"})

    outcomes = fates(push_dashboards(DASHBOARDS, server))

    assert outcomes["folder playlists"] == "refused"
    assert "playlists/playlist.json" not in outcomes
    assert outcomes["search/search.json"] == "created"


def test_a_dry_run_plans_the_same_and_changes_nothing():
    server = MemoryGrafana()

    planned = fates(push_dashboards(DASHBOARDS, server, may=Permissions(dry_run=True)))

    assert server.folders == {}
    assert server.saves == 0
    assert planned == fates(push_dashboards(DASHBOARDS, server))


def test_one_squad_alone():
    server = MemoryGrafana()

    list(push_dashboards(DASHBOARDS, server, squad="search"))

    assert server.folders == {"folder-search": "search"}
    assert server.dashboard(PLAYLIST) is None


@pytest.mark.parametrize(
    ("may", "squad", "fate", "stays"),
    [
        pytest.param(Permissions(), None, "left over", True, id="not without prune"),
        pytest.param(Permissions(prune=True), None, "removed", False, id="prune"),
        pytest.param(Permissions(prune=True, dry_run=True), None, "removed", True, id="dry run"),
        pytest.param(Permissions(prune=True), "search", "removed", False, id="its squad"),
        pytest.param(Permissions(prune=True), "playlists", None, True, id="another squad"),
    ],
)
def test_what_is_gone_from_the_catalog_is_removed_when_asked(may, squad, fate, stays):
    server = pushed()

    outcomes = fates(push_dashboards(the_dashboards(SMALLER), server, squad=squad, may=may))

    assert outcomes.get("dashboard service-search") == fate
    assert (server.dashboard("service-search") is not None) is stays


def test_a_copy_that_somebody_made_carries_our_tags_and_is_never_removed():
    server = pushed()
    server.edit("copy", edited(), by="anna", message="my own")

    outcomes = list(push_dashboards(DASHBOARDS, server, may=Permissions(prune=True, force=True)))

    (left,) = [one for one in outcomes if one.what == "dashboard copy"]
    assert left.fate == "left over"
    assert "saved by anna" in left.why
    assert server.dashboard("copy") is not None


def the_dashboards_with(**changes):
    return tuple(replace(one, text=edited(**changes)) if one.uid == PLAYLIST else one for one in DASHBOARDS)
