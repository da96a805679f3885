"""A real server that refuses, errs, breaks off, talks nonsense or hangs: nothing is claimed, ended or lost."""

from datetime import timedelta

import pytest
from starlette.testclient import TestClient
from support.prometheus import Series
from support.proxy import FAULTS, FaultyProxy
from support.servers import SERVERS, serving
from support.wiring import HOUR, MINUTE, START, Life, seconds, service_yaml

from observatory.adapters.prometheus import PrometheusSource
from observatory.application.measure import Measure
from observatory.application.status import Status
from observatory.bootstrap import build
from observatory.entrypoints.api.app import create_app
from observatory.settings import Settings

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

PAST, FUTURE = 80 * HOUR, 2 * HOUR
UNKNOWN = {"query_failed", "stale"}


def counters(name):
    """A minute's good and bad requests: a hundred and none, but in the last hours, where one in ten is bad."""
    times = range(seconds(START - PAST), seconds(START + FUTURE), 60)
    burns = seconds(START - 3 * HOUR)
    good = [97.0 * number + number % 7 for number in range(len(times))]
    bad = [11.0 * max(0, (time - burns) // 60) for time in times]
    for code, values in (("200", good), ("500", bad)):
        yield Series("http_requests_total", f'job="{name}",code="{code}"', times, values)


@pytest.fixture(scope="module", params=SERVERS)
def server(request, tmp_path_factory):
    past = [*counters("playlist"), *counters("search")]
    with serving(request.param, tmp_path_factory.mktemp("server"), past) as url:
        yield url


class Faulty(Life):
    """A Life whose server is real, behind a proxy that can break."""

    def __init__(self, folder, server, proxy):
        super().__init__(folder)
        self.write("search", service_yaml("search"))
        self.server, self.proxy = server, proxy
        self.settings = Settings(
            catalog=self.folder, prometheus_url=proxy.url, prometheus_timeout=timedelta(seconds=1)
        )

    def begin(self):
        self.observatory = build(
            self.settings,
            history=self.store,
            alerts=self.alerts,
            messenger=self.messenger,
            clock=self.clock,
        )

    def states(self):
        """As the API says."""
        shown = TestClient(create_app(self.observatory.views, self.settings)).get("/api/v1/slos").json()
        return {one["state"] for one in shown}

    def until_five(self):
        """Minutes up to a boundary of five: the windows of both sides of a comparison begin there."""
        self.minutes(2)
        while self.observatory.recorder.history.newest % 300:
            self.minutes(1)

    def undisturbed(self):
        """The newest minute evaluated straight from the server."""
        source = PrometheusSource(self.server)
        shown = self.observatory.views.board.snapshot
        ask = Status(source, Measure(source, self.clock), self.clock, self.settings.tick, self.settings.lag)
        asked = ask(list(shown.catalog.slos()), at=shown.at).statuses()
        source.close()
        return asked


@pytest.fixture
def life(server, tmp_path):
    with FaultyProxy(server) as proxy:
        yield Faulty(tmp_path, server, proxy)


def is_as_if_nothing_had_happened(life):
    shown, asked = life.observatory.views.board.snapshot.statuses, life.undisturbed()
    assert asked.keys() == shown.keys()
    for slo, status in asked.items():
        mine = shown[slo]
        assert mine.windows == status.windows
        assert (mine.bad, mine.total, mine.budget) == (status.bad, status.total, status.budget)
        assert mine.total > 100_000
        assert mine.state is status.state


def open_incidents(life):
    return {(one.id, one.severity) for one in life.alerts.incidents() if one.is_open}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_claims_nothing_ends_nothing_and_loses_nothing(life, fault, capsys):
    life.begin()
    life.minutes(3)
    before = open_incidents(life)
    assert before
    assert not UNKNOWN & life.states()

    life.proxy.fail(fault)
    for _ in range(2 if fault == "hangs" else 8):
        life.minutes(1, catch_up=fault != "hangs")
        assert life.states() <= UNKNOWN
    assert open_incidents(life) == before
    health = life.observatory.views.board.health
    assert health.failed_queries > 0
    assert health.ticks == 3 + (2 if fault == "hangs" else 8)
    assert (life.proxy.met > 0) == (fault != "refuses")

    life.proxy.mend()
    life.until_five()
    assert not UNKNOWN & life.states()
    assert open_incidents(life) >= before
    is_as_if_nothing_had_happened(life)
    assert "Traceback" not in "".join(capsys.readouterr())


def test_a_server_down_at_the_first_start_opens_nothing_and_is_made_up_for(life, capsys):
    life.proxy.fail("503")
    life.begin()
    life.minutes(4)
    assert life.states() <= {*UNKNOWN, "no_data"}
    assert not open_incidents(life)
    assert not life.observatory.views.board.health.backfilled
    life.proxy.mend()
    life.until_five()
    assert open_incidents(life)
    is_as_if_nothing_had_happened(life)
    assert "Traceback" not in "".join(capsys.readouterr())


def test_an_hour_without_a_server_is_stale_and_then_made_up_for(life):
    life.begin()
    life.minutes(3)
    before = open_incidents(life)
    life.proxy.fail("refuses")
    life.minutes(3)
    life.clock.advance(70 * MINUTE)
    life.minutes(2)
    assert life.states() <= UNKNOWN
    assert open_incidents(life) == before
    life.proxy.mend()
    life.until_five()
    assert open_incidents(life) >= before
    is_as_if_nothing_had_happened(life)
