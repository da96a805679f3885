from support.catalogs import a_catalog, a_service, a_squad, an_slo
from support.views import AT, a_status, organisation, small_views

from observatory.application.snapshot import Snapshot
from observatory.entrypoints.portal.rows import least_budget, service_rows, slo_rows, squad_rows
from observatory.entrypoints.portal.words import LOOKS
from observatory.evaluation import State


def test_slos_are_ordered_by_how_much_they_need_someone():
    rows = slo_rows(organisation().board.snapshot)
    states = [row.state for row in rows]
    assert states == sorted(states, key=list(LOOKS).index)
    healthy = [row.remaining for row in rows if row.state is State.HEALTHY]
    assert healthy == sorted(healthy)


def test_an_unknown_budget_is_never_among_the_least():
    rows = slo_rows(organisation().board.snapshot)
    least = least_budget(rows, most=len(rows))
    assert all(row.remaining is not None for row in least)
    assert [row.remaining for row in least] == sorted(row.remaining for row in least)
    assert [row.entry.id for row in least_budget(rows, most=1)] == ["search/availability"]


def test_a_squad_without_slos_is_still_a_row():
    catalog = a_catalog(a_service(slos=()), squads=[a_squad(), a_squad("idle")])
    rows = squad_rows(Snapshot(catalog), [], [])
    assert [(row.squad.name, row.total, row.worst, row.services) for row in rows] == [
        ("idle", 0, None, 0),
        ("playlists", 0, None, 1),
    ]


def test_a_dependency_stands_as_its_worst_slo_does():
    needed = a_service("search", squad="search", slos=(an_slo(), an_slo("latency")))
    catalog = a_catalog(
        a_service(depends_on=("search", "gone", "silent")), needed, a_service("silent", slos=())
    )
    good, bad = (entry for entry in catalog.slos() if entry.service.name == "search")
    statuses = {
        good.id: a_status(good, state=State.AT_RISK),
        bad.id: a_status(bad, state=State.BREACHED),
    }
    rows = service_rows(Snapshot(catalog, statuses, AT), "playlists")
    search, gone, silent = next(row for row in rows if row.service.name == "playlist").dependencies
    assert search.look == LOOKS[State.BREACHED]
    assert (gone.service, gone.look) == (None, None)
    assert (silent.service.name, silent.look) == ("silent", None)


def test_an_slo_that_was_never_evaluated_has_no_data():
    snapshot = Snapshot(small_views().board.snapshot.catalog)
    assert [row.state for row in slo_rows(snapshot)] == [State.NO_DATA]
