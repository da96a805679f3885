"""What was measured tick by tick and stored is what any hour of it gives when it is asked again as a whole."""

import numpy as np
import pytest
from support.conformance_oracle import DAY, HOUR
from support.conformance_worlds import a_service
from support.servers import SERVERS, serving

from observatory.adapters.clock import SystemClock
from observatory.adapters.prometheus import PrometheusSource
from observatory.adapters.sql import SqlHistory, create_engine, migrate
from observatory.application.measure import Measure
from observatory.application.recorder import Recorder
from observatory.catalog import parse_catalog
from observatory.measurement import FIELDS, History
from observatory.planning import plan

AT = 1_780_000_000 // DAY * DAY + 7 * HOUR + 23 * 60
TICK = 60
HOURS = 5
SINCE = AT // DAY * DAY - 8 * HOUR
SERVICES = [a_service(number, at=AT) for number in range(24)]
SQUAD = "apiVersion: observatory/v1\nkind: Squad\nname: playback\nslack: {channel: C0PLAYBACK0}\n"


@pytest.fixture(scope="module")
def the_plan():
    files = {"squad": SQUAD} | {one.name: one.definition() for one in SERVICES}
    catalog = parse_catalog({f"{name}.yml": text.encode() for name, text in files.items()}).valid()
    return plan(list(catalog.slos()), tick=TICK)


@pytest.fixture(scope="module", params=SERVERS)
def measure(request, tmp_path_factory):
    past = (series for service in SERVICES for series in service.series())
    with serving(request.param, tmp_path_factory.mktemp("server"), past) as url:
        yield Measure(PrometheusSource(url), SystemClock())


@pytest.fixture(scope="module")
def stored(the_plan, measure, tmp_path_factory):
    """The store, after a service ran for five hours and was stopped for ten minutes in the third."""
    engine = create_engine(f"sqlite:///{tmp_path_factory.mktemp('store') / 'observatory.db'}")
    migrate(engine)
    recorder = Recorder(SqlHistory(engine), tick=TICK)
    asleep = range(SINCE + 2 * HOUR, SINCE + 2 * HOUR + 600, TICK)
    newest = SINCE
    for end in range(SINCE + TICK, SINCE + HOURS * HOUR + 1, TICK):
        if end not in asleep:
            recorder.append(measure(the_plan, after=newest, until=end).buckets)
            newest = end
    yield SqlHistory(engine)
    engine.dispose()


@pytest.mark.slow
@pytest.mark.parametrize("hour", range(HOURS))
def test_an_hour_asked_again_gives_the_stored_buckets(the_plan, measure, stored, hour):
    after, until = SINCE + hour * HOUR, SINCE + (hour + 1) * HOUR
    again = History(tick=TICK).append(measure(the_plan, after=after, until=until).buckets)
    assert [buckets.seconds for buckets in again] == [TICK, 300, HOUR]
    for buckets in again:
        kept = stored.load(seconds=buckets.seconds, after=after, until=until)
        columns = [kept.slos.index(slo) for slo in buckets.slos]
        np.testing.assert_array_equal(kept.ends, buckets.ends)
        for field in FIELDS:
            np.testing.assert_allclose(
                getattr(kept, field)[:, columns], getattr(buckets, field), rtol=1e-12, err_msg=field
            )
        assert buckets.total.sum() > 0


@pytest.mark.slow
def test_the_hours_hold_bad_events_and_gaps(stored):
    hours = stored.load(seconds=HOUR, after=SINCE, until=SINCE + HOURS * HOUR)
    assert (hours.bad.sum(axis=1) > 0).sum() >= HOURS - 1
    assert 0 < (hours.measured + hours.idle < HOUR).sum() < hours.total.size / 2
