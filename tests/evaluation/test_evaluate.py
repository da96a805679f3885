import math
from datetime import timedelta
from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.evaluations import AT, UNSEEN, Sums, entry, evaluation_of, steady, sums_of, windows_of

from observatory.errors import DefinitionError
from observatory.evaluation import Provenance, SloStatus, State, evaluate

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
UNSEEN_EVERYWHERE = dict.fromkeys(["5m", "30m", "1h", "2h", "6h", "1d", "3d", "30d"], UNSEEN)


def status_of(windows=None, *, slo=None, **known) -> SloStatus:
    one = slo or entry()
    return evaluation_of(one, windows, **known).status(one.id)


def test_a_service_at_10_requests_an_hour_may_fail_seven_times_a_month():
    status = status_of({"30d": Sums(total=7200)})
    assert (status.budget, status.affordable) == (pytest.approx(7.2), 7)


def test_one_failure_at_10_requests_an_hour_is_13_9_percent_of_the_budget_and_pages_nobody():
    status = status_of({"1h": Sums(1, 10), "5m": Sums(1, 1), "30d": Sums(1, 7200)})
    assert status.consumed == pytest.approx(0.139, abs=5e-4)
    assert status.burn["1h"] == pytest.approx(100)
    assert not any(tier.firing for tier in status.tiers)


@pytest.mark.parametrize(
    ("objective", "days", "minutes"),
    [
        pytest.param("99.9", 30, 43.2, id="99.9-over-30d"),
        pytest.param("99.95", 7, 5 + 2.4 / 60, id="openslo-one-week-99.95"),
        pytest.param("95", 14, 16 * 60 + 48, id="openslo-two-weeks-95"),
        pytest.param("90", 30, 72 * 60, id="90-over-30d"),
        pytest.param("99.999", 30, 26 / 60, id="99.999-over-30d-26-seconds"),
    ],
)
def test_the_budget_in_minutes_of_full_outage(objective, days, minutes):
    found = status_of(slo=entry(objective=objective, days=days)).budget_minutes
    assert found == pytest.approx(minutes, rel=0.005 if objective == "99.999" else 1e-6)


@pytest.mark.parametrize(
    ("objective", "days", "slices", "bad"),
    [
        pytest.param("95", 14, 20_160, 1008, id="openslo-two-weeks-95"),
        pytest.param("99.9", 30, 3000, 3, id="99.9"),
        pytest.param("99.97", 30, 10_000, 3, id="where-0.0003-times-10000-is-not-3"),
    ],
)
def test_exactly_the_budget_is_spent_but_not_broken(objective, days, slices, bad):
    one = entry(objective=objective, days=days)
    assert status_of({f"{days}d": Sums(0, slices)}, slo=one).affordable == bad
    spent = status_of({f"{days}d": Sums(bad, slices)}, slo=one)
    broken = status_of({f"{days}d": Sums(bad + 1, slices)}, slo=one)
    assert (spent.consumed, spent.remaining, spent.affordable) == (1, 0, 0)
    assert (spent.state, broken.state) == (State.AT_RISK, State.BREACHED)
    assert broken.remaining == pytest.approx(-1 / bad)
    assert broken.affordable == 0


def test_every_number_of_an_slo_that_burns():
    one = entry()
    status = status_of(windows_of(one, per_minute=1000, bad=0.002), slo=one)
    assert status.sli == pytest.approx(0.998)
    assert status.total == 30 * 1440 * 1000
    assert status.bad == pytest.approx(86_400)
    assert status.budget == pytest.approx(43_200)
    assert (status.consumed, status.remaining) == (pytest.approx(2), pytest.approx(-1))
    assert list(status.burn) == ["5m", "30m", "1h", "2h", "6h", "1d", "3d"]
    assert all(burn == pytest.approx(2) for burn in status.burn.values())
    assert status.windows["5m"].bad == pytest.approx(10)
    assert [tier.name for tier in status.tiers if tier.firing] == ["creep"]
    assert status.coverage == status.windows["3d"].coverage == 1
    assert (status.since, status.dispersion, status.failure) == (None, 1.0, None)


def test_an_objective_is_told_as_it_was_written():
    status = status_of(slo=entry(objective="99.9"))
    assert (status.objective, status.objective_percent) == (0.999, Decimal("99.9"))
    assert str(status_of(slo=entry(objective="90")).objective_percent) == "90"


def test_windows_of_different_lengths_are_evaluated_in_one_table():
    week, month = entry("week", days=7), entry("month", days=30)
    sums = sums_of([week, month], {week.id: windows_of(week), month.id: windows_of(month, per_minute=7)})
    statuses = evaluate([week, month], sums, Provenance(AT, AT)).statuses()
    assert [status.total for status in statuses.values()] == [7 * 1440 * 100, 30 * 1440 * 7]
    assert [str(tier.threshold) for tier in statuses[week.id].tiers] == ["3.36", "1.4", "1", "1"]


def test_an_slo_over_one_day_has_no_tier_over_three():
    one = entry(days=1)
    status = status_of(windows_of(one, bad=0.5), slo=one)
    assert [tier.name for tier in status.tiers if tier.firing] == ["fast", "slow", "drain"]


def test_a_tier_that_an_slo_does_not_have_never_fires():
    one = entry(days=1)
    burning = {"3d": Sums(9000, 10_000), "6h": Sums(9000, 10_000), "1d": Sums(0, 10**9)}
    assert evaluation_of(one, burning).firing() == ()
    assert evaluation_of(entry(days=3), burning).firing() == ("playlist/availability",)


def test_each_slo_is_judged_by_its_own_rule_and_its_own_dispersion():
    facts = {"1h": Sums(30, 1000), "5m": Sums(3, 100), "30d": Sums(30, 10**8)}
    exact, classic = entry(), entry(rule="classic")
    lone = {"1h": Sums(1, 10), "5m": Sums(1, 1), "30d": Sums(1, 7200)}

    def fires(one, windows, **known):
        return evaluation_of(one, windows, **known).status(one.id).tiers[0].firing

    assert fires(classic, lone)
    assert not fires(exact, lone)
    assert fires(exact, facts)
    assert not fires(exact, facts, dispersion=10.0)
    assert fires(classic, facts, dispersion=10.0)


YOUNG = {"history_since": {"playlist/availability": int((AT - DAY).timestamp())}}
DAY_OLD = {"30d": steady(DAY, per_minute=10), "3d": steady(DAY, per_minute=10)}


def test_a_day_old_service_gets_the_budget_of_a_month_and_says_so():
    counted = {label: Sums(10, sums.total, measured=86_400) for label, sums in DAY_OLD.items()}
    status = status_of(counted, **YOUNG)
    assert status.total == 14_400
    assert status.budget == pytest.approx(432)
    assert status.consumed == pytest.approx(10 / 432)
    assert status.since == AT - DAY
    assert (status.coverage, status.windows["3d"].coverage) == (1, 1)
    assert status.state is State.NEW


def test_without_a_known_beginning_the_history_is_what_was_seen():
    status = status_of({"30d": Sums(10, 14_400, measured=86_400)})
    assert status.budget == pytest.approx(432)
    assert status.since == AT - DAY


@pytest.mark.parametrize(
    ("windows", "known", "state"),
    [
        pytest.param({}, {}, State.HEALTHY, id="nothing-wrong"),
        pytest.param({"1h": Sums(90, 6000), "5m": Sums(8, 500)}, {}, State.AT_RISK, id="burning-fast"),
        pytest.param({"30d": Sums(80, 100_000)}, {}, State.AT_RISK, id="a-fifth-of-the-budget-left"),
        pytest.param({"30d": Sums(75, 100_000)}, {}, State.HEALTHY, id="a-quarter-of-the-budget-left"),
        pytest.param({"30d": Sums(101, 100_000)}, {}, State.BREACHED, id="more-than-the-budget-spent"),
        pytest.param({"30d": Sums(idle=30 * 86_400)}, {}, State.IDLE, id="no-traffic"),
        pytest.param(DAY_OLD, YOUNG, State.NEW, id="young"),
        pytest.param({"1h": Sums(0, 900, measured=3200)}, {}, State.PARTIAL, id="gaps-in-the-last-hour"),
        pytest.param({"1h": Sums(0, 900, measured=3240)}, {}, State.HEALTHY, id="90-percent-are-enough"),
        pytest.param(
            {"30d": Sums(0, 900, measured=25 * 86_400)},
            {"history_since": {"playlist/availability": 0}},
            State.PARTIAL,
            id="gaps-in-the-window",
        ),
        pytest.param({"5m": UNSEEN}, {}, State.NO_DATA, id="vanished-five-minutes-ago"),
        pytest.param(UNSEEN_EVERYWHERE, {}, State.NO_DATA, id="never-seen"),
        pytest.param({}, {"now": AT + timedelta(minutes=6)}, State.STALE, id="source-unreachable"),
        pytest.param(
            {}, {"failures": {"playlist/availability": "parse error"}}, State.QUERY_FAILED, id="query-failed"
        ),
        pytest.param(
            {"5m": UNSEEN, "30d": Sums(101, 100_000)},
            {"now": AT + HOUR, "failures": {"playlist/availability": "parse error"}},
            State.QUERY_FAILED,
            id="failed-before-stale",
        ),
        pytest.param({"5m": UNSEEN}, {"now": AT + HOUR}, State.STALE, id="stale-before-no-data"),
        pytest.param(
            {"5m": UNSEEN, "30d": Sums(101, 10**5)}, {}, State.NO_DATA, id="no-data-before-breached"
        ),
        pytest.param(
            {"30d": Sums(101, 10**5), "1h": Sums(90, 6000), "5m": Sums(8, 500)},
            {},
            State.BREACHED,
            id="breached-before-at-risk",
        ),
        pytest.param(
            {"1h": Sums(90, 5000, measured=3000), "5m": Sums(8, 500)},
            {},
            State.AT_RISK,
            id="at-risk-before-partial",
        ),
        pytest.param(
            {"1h": Sums(measured=3000), "30d": Sums(idle=30 * 86_400)},
            {},
            State.PARTIAL,
            id="partial-before-idle",
        ),
        pytest.param({"30d": Sums(measured=0, idle=86_400.0)}, YOUNG, State.IDLE, id="idle-before-new"),
    ],
)
def test_states_by_precedence(windows, known, state):
    assert status_of(windows, **known).state is state


def test_prometheus_speaks_for_itself_when_its_query_failed():
    assert status_of(failures={"playlist/availability": "422: bad matcher"}).failure == "422: bad matcher"


@pytest.mark.parametrize(
    ("windows", "known", "clear"),
    [
        pytest.param({}, {}, True, id="quiet"),
        pytest.param({"5m": Sums(30, 500)}, {}, False, id="burning"),
        pytest.param({"5m": Sums(0, 400, measured=269)}, {}, None, id="too-little-seen"),
        pytest.param({"5m": Sums(0, 400, measured=270)}, {}, True, id="just-enough-seen"),
        pytest.param({"5m": Sums(idle=300)}, {}, True, id="idle"),
        pytest.param({"5m": Sums(30, 500)}, {"now": AT + HOUR}, None, id="stale"),
        pytest.param({}, {"failures": {"playlist/availability": "no"}}, None, id="query-failed"),
    ],
)
def test_a_tier_is_clear_only_when_its_short_window_was_seen_to_be(windows, known, clear):
    assert status_of(windows, **known).tiers[0].clear is clear


def test_an_slo_without_a_row_is_no_data_and_all_its_numbers_are_unknown():
    one = entry()
    sums = sums_of([entry("other")], {})
    status = evaluate([one], sums, Provenance(AT, AT)).status(one.id)
    unknown = (status.sli, status.budget, status.consumed, status.remaining, status.affordable)
    assert status.state is State.NO_DATA
    assert unknown == (None,) * 5
    assert set(status.burn.values()) == {None}


cells = st.integers(0, 10**6).map(float) | st.just(math.nan)


@settings(max_examples=50)
@given(st.builds(Sums, cells, cells, cells, cells, cells, cells), st.builds(Sums, cells, cells, cells, cells))
def test_nothing_that_leaves_is_nan_or_infinite(long, short):
    status = status_of({"5m": short, "1h": long, "6h": long, "3d": short, "30d": long})
    numbers = [
        *(status.coverage, status.sli, status.total, status.bad, status.budget, status.consumed),
        *(status.remaining, status.affordable, *status.burn.values(), *(tier.tail for tier in status.tiers)),
        *(
            value
            for window in status.windows.values()
            for value in (window.bad, window.total, window.coverage)
        ),
    ]
    assert all(number is None or math.isfinite(number) for number in numbers)


@settings(max_examples=20)
@given(st.permutations(range(6)))
def test_the_order_of_slos_changes_nothing(order):
    entries = [entry(f"s{i}", objective=["99", "99.9"][i % 2], days=[7, 30, 28][i % 3]) for i in range(6)]
    counted = {one.id: windows_of(one, bad=0.003 * i) for i, one in enumerate(entries)}
    straight = evaluate(entries, sums_of(entries, counted), Provenance(AT, AT))
    shuffled = [entries[i] for i in order]
    other = evaluate(shuffled, sums_of(entries[::-1], counted), Provenance(AT, AT))
    assert dict(straight.statuses()) == dict(other.statuses())
    assert set(straight.firing()) == set(other.firing())


@settings(max_examples=50)
@given(bad=st.integers(0, 1000), good=st.integers(0, 10**5), more=st.integers(1, 10**5))
def test_more_good_events_never_raise_a_burn_rate(bad, good, more):
    before, after = (status_of({"1h": Sums(bad, bad + good + extra)}).burn["1h"] for extra in (0, more))
    assert before is None or after <= before


@settings(max_examples=20)
@given(st.integers(2, 1000))
def test_ten_times_the_traffic_at_the_same_ratios_keeps_every_ratio(factor):
    one = entry()
    small, large = (status_of(windows_of(one, per_minute=rate, bad=0.002)) for rate in (50, 50 * factor))
    assert large.remaining == pytest.approx(small.remaining)
    assert large.burn == pytest.approx(small.burn)


def test_the_sums_are_left_as_they_were():
    one = entry()
    sums = sums_of([one], {one.id: windows_of(one, bad=0.01)})
    before = sums.copy()
    evaluate([one], sums, Provenance(AT, AT))
    pd.testing.assert_frame_equal(sums, before)


def test_windows_that_nobody_summed_are_all_named():
    one = entry(days=28)
    with pytest.raises(DefinitionError, match="lack 6h, 28d; sum every window"):
        evaluate([one], sums_of([one], {}).drop(columns=["6h", "28d"], level=0), Provenance(AT, AT))


def test_an_empty_catalog_evaluates_to_nothing():
    evaluation = evaluate([], sums_of([], {}), Provenance(AT, AT))
    assert (len(evaluation.statuses()), evaluation.firing()) == (0, ())


def test_an_unknown_slo_is_a_key_error():
    evaluation = evaluation_of(entry())
    assert "playlist/availability" in evaluation
    assert "gone/availability" not in evaluation
    with pytest.raises(KeyError):
        evaluation.status("gone/availability")
