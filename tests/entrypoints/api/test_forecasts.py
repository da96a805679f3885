from datetime import datetime

from support.catalogs import a_catalog
from support.views import browse, organisation, views_of

from observatory.entrypoints.api.forecasts import ForecastShape


def test_every_slo_has_a_forecast_of_the_schema_s_shape():
    views = organisation()
    asked = browse(views)
    answers = {
        entry.id: asked.get(f"/api/v1/slos/{entry.id}/forecast").json()
        for entry, _ in views.board.snapshot.entries()
    }

    assert len([ForecastShape.model_validate(one) for one in answers.values()]) == 28
    overspent = [
        slo
        for slo, status in views.board.snapshot.statuses.items()
        if status.remaining and status.remaining < 0
    ]
    assert overspent
    for slo in overspent:
        back = answers[slo]["recovery"]
        assert datetime.fromisoformat(back["solvent"]) > views.board.snapshot.at
        assert back["comfortable"] >= back["solvent"]
        assert answers[slo]["runway"] is None


def test_what_was_never_evaluated_has_nothing_ahead_and_an_unknown_slo_is_not_found():
    asked = browse(views_of(a_catalog()))

    nothing = {"affordable": None, "recovery": None, "runway": None}
    assert asked.get("/api/v1/slos/playlist/availability/forecast").json() == nothing
    assert asked.get("/api/v1/slos/playlist/speed/forecast").status_code == 404


def test_the_page_of_an_slo_says_when_its_budget_is_back():
    views = organisation()
    slo = next(
        slo
        for slo, status in views.board.snapshot.statuses.items()
        if status.remaining and status.remaining < 0
    )

    page = browse(views).get(f"/slos/{slo}").text

    assert "If nothing new goes wrong, the budget is back above 0 on " in page
