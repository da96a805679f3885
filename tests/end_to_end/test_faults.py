"""Whatever goes wrong around it: afterwards the history holds every event once, as if nothing had ever happened."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.catalogs import SERVICE_YAML
from support.wiring import DAY, HOUR, MINUTE, START, Life, service_yaml, steadily

from observatory.adapters.memory.history import MemoryHistory
from observatory.alerting import IncidentState
from observatory.errors import Refused, Unavailable
from observatory.evaluation import State

PLAYLIST = "playlist/availability"
SEARCH = "search/availability"
DOWN = Unavailable("Prometheus at http://127.0.0.1:1: Connection refused")
BAD_QUERY = Refused("Prometheus: bad_data: parse error", code="422")


@pytest.fixture
def life(tmp_path):
    life = Life(tmp_path)
    life.happens("playlist", steadily(START - 4 * DAY, START + 9 * DAY))
    life.happens("search", steadily(START - 4 * DAY, START + 9 * DAY, bad_each=3))
    return life


def state(life, slo=PLAYLIST):
    return life.observatory.views.board.snapshot.statuses[slo].state


def is_exact(life, *services):
    for service in services or ("playlist",):
        assert life.counted(service) == life.happened(service)


def test_the_first_start_fills_the_window_from_prometheus(life):
    life.begin()
    life.minutes(2)
    is_exact(life)
    assert life.observatory.views.board.health.backfilled
    assert state(life) is not State.NO_DATA


@pytest.mark.parametrize(
    ("failure", "minutes"),
    [
        pytest.param(DOWN, 3, id="down for three ticks"),
        pytest.param(DOWN, 10, id="down for ten ticks"),
        pytest.param(DOWN, 90, id="down for longer than a tick makes up for"),
        pytest.param(Refused("403 Forbidden", code="403"), 10, id="refused for ten ticks"),
        pytest.param(BAD_QUERY, 10, id="unprocessable for ten ticks"),
    ],
)
def test_after_prometheus_was_away_nothing_is_missing(life, failure, minutes):
    life.begin()
    life.minutes(3)
    life.fault = lambda _: failure
    life.minutes(minutes)
    assert state(life) in {State.QUERY_FAILED, State.STALE}
    assert life.observatory.views.board.health.ticks == 3 + minutes
    life.fault = lambda _: None
    life.minutes(2)
    is_exact(life)
    assert state(life) not in {State.QUERY_FAILED, State.STALE}


def test_a_bad_query_fails_alone_and_its_hole_is_filled_when_it_is_mended(life):
    life.write("search", service_yaml("search"))
    life.begin()
    life.minutes(2)
    life.fault = lambda promql: BAD_QUERY if "search" in promql else None
    life.minutes(10)
    assert state(life, SEARCH) is State.QUERY_FAILED
    assert "parse error" in life.observatory.views.board.snapshot.statuses[SEARCH].failure
    is_exact(life, "playlist")
    life.fault = lambda _: None
    life.minutes(2)
    is_exact(life, "playlist", "search")


@pytest.mark.parametrize(
    "pause",
    [
        pytest.param(5 * MINUTE, id="5 minutes"),
        pytest.param(3 * HOUR, id="3 hours"),
        pytest.param(3 * DAY, id="3 days"),
    ],
)
@pytest.mark.parametrize("restart", [False, True], ids=["suspended", "restarted"])
def test_after_a_pause_of_our_own_nothing_is_missing(life, pause, restart):
    life.begin()
    life.minutes(5)
    life.clock.advance(pause)
    if restart:
        life.begin()
    life.minutes(2)
    is_exact(life)


def test_a_restart_in_a_partial_failure_forgets_no_hole(life):
    life.write("search", service_yaml("search"))
    life.begin()
    life.minutes(3)
    life.fault = lambda promql: BAD_QUERY if "search" in promql else None
    life.minutes(10)
    life.begin()
    life.fault = lambda _: None
    life.minutes(2)
    is_exact(life, "playlist", "search")


class Killed(BaseException):
    """As kill -9 ends everything, whatever is caught."""


class FragileHistory(MemoryHistory):
    """A store whose process dies at the nth write, before or after it."""

    left: int | None = None

    def save(self, buckets):
        self._live()
        super().save(buckets)

    def mark_covered(self, slos, *, since):
        self._live()
        super().mark_covered(slos, since=since)

    def _live(self):
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                raise Killed


@pytest.mark.parametrize("writes", range(1, 7))
def test_killed_in_the_middle_of_a_backfill_it_resumes_and_doubles_nothing(life, writes):
    life.store = FragileHistory()
    life.begin()
    life.observatory.tick()
    life.store.left = writes
    with pytest.raises(Killed):
        life.observatory.catch_up()
    life.store.left = None
    life.begin()
    life.minutes(2)
    is_exact(life)


def test_a_database_that_was_away_misses_nothing_afterwards(life):
    class Moody(MemoryHistory):
        gone = False

        def save(self, buckets):
            if self.gone:
                raise Unavailable("the database does not answer")
            super().save(buckets)

        def load(self, **span):
            if self.gone:
                raise Unavailable("the database does not answer")
            return super().load(**span)

    life.store = Moody()
    life.begin()
    life.minutes(3)
    life.store.gone = True
    life.minutes(15)
    assert "the database does not answer" in life.observatory.views.board.health.problem
    life.store.gone = False
    life.minutes(2)
    is_exact(life)
    life.begin()
    life.minutes(1)
    is_exact(life)


def test_a_new_slo_gets_its_window_and_a_returning_one_its_past(life):
    life.begin()
    life.minutes(2)
    life.write("search", service_yaml("search"))
    life.minutes(2)
    is_exact(life, "playlist", "search")
    (life.folder / "search.yml").unlink()
    life.minutes(20)
    assert SEARCH not in life.observatory.views.board.snapshot.statuses
    life.write("search", service_yaml("search"))
    life.minutes(2)
    is_exact(life, "playlist", "search")


def test_what_prometheus_has_forgotten_since_is_not_lost(life):
    life.begin()
    life.minutes(3)
    life.metrics._counters.clear()
    life.happens("playlist", life.events["playlist"], first=START - 2 * HOUR)
    (life.folder / "playlist.yml").rename(life.folder / "playlist.off")
    life.write("search", service_yaml("search"))
    life.minutes(2)
    (life.folder / "playlist.off").rename(life.folder / "playlist.yml")
    life.minutes(2)
    is_exact(life)


def test_an_slo_that_leaves_the_catalog_takes_its_incident_with_it(life):
    life.write("search", service_yaml("search"))
    life.begin()
    life.minutes(5)
    assert {one.slo for one in life.alerts.incidents() if one.is_open} >= {SEARCH}
    (life.folder / "search.yml").unlink()
    life.minutes(2)
    gone = [one for one in life.alerts.incidents() if one.slo == SEARCH]
    assert {one.state for one in gone} == {IncidentState.RESOLVED}
    told = [row.message.text for one in gone for row in life.alerts.deliveries(incident=one.id)]
    assert any("catalog" in text for text in told), told


def test_a_broken_catalog_keeps_the_last_one_in_force_and_says_so(life):
    life.begin()
    life.minutes(2)
    life.write("playlist", SERVICE_YAML.replace("objective: 99.9", "objective: 101"))
    life.minutes(2)
    health = life.observatory.views.board.health
    assert "101" in health.catalog_problem
    assert health.unready(life.clock.now(), tick=MINUTE) is None
    is_exact(life)
    life.write("playlist", service_yaml("playlist"))
    life.minutes(1)
    assert life.observatory.views.board.health.catalog_problem is None


def test_without_slack_incidents_are_kept_and_nobody_is_told(tmp_path):
    life = Life(tmp_path, slack=False)
    life.happens("playlist", steadily(START - 4 * DAY, START + DAY))
    life.begin()
    life.minutes(3)
    assert {one.slo for one in life.alerts.incidents() if one.is_open} == {PLAYLIST}
    assert life.alerts.deliveries() == []
    assert life.observatory.deliver is None


@pytest.mark.slow
@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    script=st.lists(
        st.tuples(
            st.sampled_from(["well", "well", "down", "partial", "restart", "pause", "no catch-up"]),
            st.integers(1, 25),
        ),
        min_size=3,
        max_size=8,
    )
)
def test_whatever_order_faults_come_in_the_history_is_the_truth(script, tmp_path_factory):
    life = Life(tmp_path_factory.mktemp("life"))
    life.happens("playlist", steadily(START - 4 * DAY, START + 3 * DAY, every=13 * MINUTE))
    life.happens("search", steadily(START - 4 * DAY, START + 3 * DAY, every=17 * MINUTE))
    life.write("search", service_yaml("search"))
    life.begin()
    for what, count in script:
        if what == "restart":
            life.begin()
        if what == "pause":
            life.clock.advance(timedelta(minutes=7 * count))
        life.fault = {
            "down": lambda _: DOWN,
            "partial": lambda promql: BAD_QUERY if "search" in promql else None,
        }.get(what, lambda _: None)
        life.minutes(count, catch_up=what != "no catch-up")
    life.fault = lambda _: None
    life.minutes(2)
    is_exact(life, "playlist", "search")


@pytest.mark.parametrize("off", [timedelta(0), timedelta(seconds=17), timedelta(minutes=-47, seconds=-11)])
def test_status_counts_exactly_the_window_that_ends_at_any_moment(life, off):
    life.begin()
    life.minutes(2)
    at = START - MINUTE + off
    status = life.status(at=at).status(PLAYLIST)
    end = int(at.timestamp())
    assert (status.bad, status.total) == life.events["playlist"].between(end - 86_400, end)


def test_status_and_service_agree(life):
    life.write("search", service_yaml("search", window="7d"))
    life.begin()
    life.minutes(2)
    shown = life.observatory.views.board.snapshot
    asked = life.status(at=shown.at)
    for slo in (PLAYLIST, SEARCH):
        mine, theirs = asked.status(slo), shown.statuses[slo]
        assert mine == theirs
