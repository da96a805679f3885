"""Five services whose every event is known, over 30 days in a real Prometheus: our budget, and that of others."""

import math
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path

import pytest
from support import conformance
from support.conformance import SCENARIOS, Figures
from support.servers import PROMETHEUS, SERVERS, serving

from observatory.bootstrap import build_status
from observatory.settings import Settings

pytestmark = pytest.mark.slow

DOCS = Path(__file__).parents[2] / "docs" / "conformance.md"
TENTH_OF_A_POINT = 0.001
BY_SCENARIO = [pytest.param(one, id=one.name) for one in SCENARIOS]


@pytest.fixture(scope="module")
def urls(tmp_path_factory):
    past = [series for one in SCENARIOS for series in one.series()]
    with ExitStack() as stack:
        yield {
            server: stack.enter_context(serving(server, tmp_path_factory.mktemp(server), past))
            for server in SERVERS
        }


@pytest.fixture(scope="module")
def evaluations(urls, tmp_path_factory):
    """By server, what `observatory status` evaluates, from files to numbers."""
    folder = tmp_path_factory.mktemp("catalog")
    for name, text in conformance.definitions().items():
        (folder / name).write_text(text)
    return {
        server: build_status(Settings(catalog=folder, prometheus_url=url))(
            conformance.evaluated_at()
        ).evaluation
        for server, url in urls.items()
    }


@pytest.fixture(scope="module")
def truth():
    return {one.slo: one.truth() for one in SCENARIOS}


@pytest.fixture(scope="module")
def figures(urls, evaluations, truth):
    url, evaluation = urls[PROMETHEUS], evaluations[PROMETHEUS]
    found = {}
    for one in SCENARIOS:
        bad, total = truth[one.slo]
        found[one.name] = Figures(
            truth=bad / total / float(one.budget),
            ours=evaluation.status(one.slo).consumed,
            recorded=conformance.ask(url, conformance.mean_of_ratios(one)) / float(one.budget),
            increase=conformance.ask(url, conformance.by_increase(one)) / float(one.budget),
        )
    print(f"\n\n{conformance.table(found)}\n")  # noqa: T201 - with -s, for the page
    return found


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("scenario", BY_SCENARIO)
def test_the_budget_is_the_truth(evaluations, figures, scenario, server):
    consumed = evaluations[server].status(scenario.slo).consumed
    assert consumed == pytest.approx(figures[scenario.name].truth, abs=TENTH_OF_A_POINT)


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("scenario", BY_SCENARIO)
def test_every_event_is_counted_and_none_made_up(evaluations, truth, scenario, server):
    status = evaluations[server].status(scenario.slo)
    assert (status.bad, status.total) == truth[scenario.slo]
    assert status.coverage == 1
    assert status.since is None


def test_the_scenarios_are_those_that_others_get_wrong(figures):
    """Otherwise agreeing with the truth would prove nothing."""
    recorded = {name: of.recorded - of.truth for name, of in figures.items()}
    assert recorded["night-incidents"] > 1
    assert recorded["noon-incidents"] < -0.3
    assert math.isnan(recorded["idle-minutes"])
    assert recorded["first-errors"] > 0.2
    assert figures["pods"].recorded == figures["pods"].increase == 0


def test_the_page_prints_what_was_measured(figures):
    """Within the last printed digit: versions of Prometheus differ in how they extrapolate."""
    printed = conformance.read_table(DOCS.read_text())
    measured = conformance.read_table(conformance.table(figures))
    assert printed.keys() == measured.keys()
    for title, cells in printed.items():
        for (figure, precision), (now, _) in zip(cells, measured[title], strict=True):
            assert (figure is None) == (now is None), conformance.table(figures)
            assert abs((figure or Decimal(0)) - (now or Decimal(0))) <= precision, conformance.table(figures)
