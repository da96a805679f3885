from datetime import timedelta

import pytest
from support.evaluations import AT, Sums, entry, evaluation_of, windows_of

from observatory.application.check_measured import few_events, short_histories


def evaluated(*, total, since=None):
    one = entry()
    history = {} if since is None else {one.column: int(since.timestamp())}
    return evaluation_of(one, windows_of(one) | {"30d": Sums(bad=0, total=total)}, history_since=history)


@pytest.mark.parametrize(
    ("total", "says"),
    [
        pytest.param(
            3600, "one bad event is 28% of its error budget, which is 3.6 events", id="five-an-hour"
        ),
        pytest.param(1000, "one bad event is 100% of its error budget, which is 1.0 events", id="one-is-all"),
    ],
)
def test_a_budget_of_few_events_says_what_one_of_them_costs(total, says):
    (found,) = few_events(evaluated(total=total))

    assert (found.rule, found.level) == ("few-events", "warning")
    assert says in found.message


def test_enough_events_and_none_at_all_are_nothing_to_tell():
    assert not [*few_events(evaluated(total=5000))]
    assert not [*few_events(evaluated(total=0))]


def test_a_window_beyond_what_prometheus_knows_is_told():
    (found,) = short_histories(evaluated(total=10**6, since=AT - timedelta(days=15)))

    assert found.rule == "short-history"
    assert (
        "its window is 30d, and Prometheus knows nothing of it before 2026-03-03 12:00 UTC" in found.message
    )
    assert not [*short_histories(evaluated(total=10**6, since=AT - timedelta(days=31)))]
