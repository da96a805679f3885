"""Random services with native histograms in a real Prometheus: against the same lists of events."""

import pytest
from conformance.test_oracle import AT, TICK, assert_evaluated, evaluated
from support.conformance_native import a_native_service, tell
from support.native_histograms import FLAGS
from support.prometheus import prometheus

pytestmark = pytest.mark.slow

NUMBERS = (0, 1, 3, 6, 18, 37, 52, 53)
SERVICES = [a_native_service(number, at=AT) for number in NUMBERS]


@pytest.fixture(scope="module")
def evaluation(tmp_path_factory):
    with prometheus(tmp_path_factory.mktemp("native"), flags=FLAGS) as url:
        tell(url, SERVICES)
        yield evaluated(SERVICES, prometheus_url=url)


@pytest.mark.parametrize("service", [pytest.param(one, id=one.name) for one in SERVICES])
def test_native_histograms_give_what_counting_event_by_event_gives(evaluation, service):
    assert_evaluated(evaluation, service, lambda at: service.observed(tick=TICK, at=at), tick=TICK)


def test_the_services_are_of_every_sort():
    """Otherwise agreeing would prove little."""
    assert len({(one.kind, len(one.lives) > 1, bool(one.unseen)) for one in SERVICES}) >= 5
    assert all(any(map(one.is_bad, life.events)) for one in SERVICES for life in one.lives[:1])
