import numpy as np
import pytest

from observatory.errors import DefinitionError
from observatory.sandbox.demo import traffic
from observatory.sandbox.demo.organisation import BUCKETS, SERVICES, service_named
from observatory.sandbox.demo.traffic import Condition
from observatory.sandbox.demo.trouble import Mode, Trouble, condition_of

DAY = 86_400
MONDAY = 4 * DAY
PAGE_AT_99_9 = 14.4 * 0.001


def felt_when(broken, trouble):
    own = {service.name: condition_of(None) for service in SERVICES}
    return traffic.passed_on({**own, broken: condition_of(trouble)})


@pytest.mark.parametrize("broken", [service.name for service in SERVICES])
@pytest.mark.parametrize("mode", [Mode.ERRORS, Mode.DOWN])
def test_a_broken_service_pages_its_own_squad_and_no_other(broken, mode):
    felt = felt_when(broken, Trouble(mode))

    assert all(felt[name].failing[0] < PAGE_AT_99_9 / 3 for name in felt if name != broken)
    assert felt[broken].failing[0] == 1.0 or not felt[broken].up[0]


def test_callers_feel_a_little_of_their_dependencies_trouble():
    failing = {
        name: condition.failing[0] for name, condition in felt_when("search", Trouble(Mode.ERRORS)).items()
    }

    assert failing["playlist"] == pytest.approx(0.002)
    assert failing["discover"] == pytest.approx(0.002, rel=0.01)  # by search, and barely by playlist
    assert 0 < failing["playback"] < failing["playlist"] / 100
    assert felt_when("playlist", Trouble(Mode.SLOW))["collaboration"].slowdown[0] > 1


def test_every_service_comes_after_those_it_depends_on():
    names = [service.name for service in SERVICES]

    assert all(names.index(other) < names.index(s.name) for s in SERVICES for other in s.depends_on)


def test_a_day_has_its_mean_rate_its_peak_and_its_night():
    service = service_named("playlist")
    rates = traffic.expected_rate(service, MONDAY + np.arange(0.0, DAY, 60))

    assert rates.mean() == pytest.approx(service.rate)
    assert np.argmax(rates) == 18 * 60
    assert np.argmin(rates) == 6 * 60
    assert rates.max() / rates.min() == pytest.approx(4)


def test_weekends_are_busier():
    saturday, monday = (
        traffic.expected_rate(service_named("search"), np.array([t])) for t in (MONDAY - 2.0 * DAY, MONDAY)
    )

    assert saturday / monday == pytest.approx(1.15)


def test_failures_come_at_the_share_that_is_broken():
    condition = Condition(*(np.array([value]) for value in (0.2, 1.0, 1.0)), np.array([True]))
    parts = list(
        traffic.draw(service_named("playlist"), np.array([1e6]), condition, np.random.default_rng(3))
    )
    requests = sum(part.requests[0] for part in parts)
    failed = sum(part.by_code["503"][0] for part in parts)

    assert requests == pytest.approx(1e6, rel=0.01)
    assert failed / requests == pytest.approx(0.2, rel=0.01)


def test_background_failures_stay_well_below_an_objective_of_99_9():
    condition = Condition.calm(1)
    for service in SERVICES:
        parts = traffic.draw(service, np.array([1e7]), condition, np.random.default_rng(4))
        bad = sum(part.by_code["500"][0] + part.by_code["503"][0] for part in parts)
        assert 0 < bad / 1e7 < 0.001 / 4


def test_the_histogram_of_history_is_that_of_the_durations_drawn_live():
    route = service_named("playlist").routes[0]
    drawn = np.random.default_rng(5).lognormal(np.log(route.median * 3), traffic.SPREAD, 400_000)
    counted, _ = np.histogram(drawn, bins=[0, *BUCKETS, np.inf])

    shares = traffic.bucket_shares(route, np.array([3.0]))[0]

    assert shares.sum() == pytest.approx(1)
    np.testing.assert_allclose(counted / len(drawn), shares, atol=0.003)
    assert drawn.mean() == pytest.approx(traffic.mean_duration(route, np.array([3.0]))[0], rel=0.01)


@pytest.mark.parametrize("share", [0.0, -0.1, 1.1])
def test_a_share_outside_0_to_1_is_refused_with_an_example(share):
    with pytest.raises(DefinitionError, match=r"above 0 and at most 1, such as 0\.2"):
        Trouble(Mode.ERRORS, share)


def test_an_unknown_service_is_refused_with_the_nearest_spelling():
    with pytest.raises(
        DefinitionError, match=r"'playlst'; did you mean 'playlist'\? There are: collaboration, "
    ):
        service_named("playlst")
