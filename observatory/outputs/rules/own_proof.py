"""A `promtool test rules` file of the alerts on Observatory itself: each fires on its trouble, and on nothing else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from observatory.outputs.rules.own import GROUP
from observatory.outputs.rules.unit_tests import Expectation, head_of, unit_test

_LENGTH = 25 * 60
"""Minutes."""
_HEALTHY: Mapping[str, str] = {
    "observatory_build_info": f"1x{_LENGTH}",
    "observatory_ready": f"1x{_LENGTH}",
    "observatory_last_tick_timestamp_seconds": f"0+60x{_LENGTH}",
    "observatory_measured_until_timestamp_seconds": f"-30+60x{_LENGTH}",
    "observatory_failed_ticks_total": f"1x{_LENGTH}",
    "observatory_failed_queries": f"0x{_LENGTH}",
    "observatory_backfilled": f"1x{_LENGTH}",
    "observatory_database_up": f"1x{_LENGTH}",
    "observatory_overdue_deliveries": f"0x{_LENGTH}",
    "observatory_heartbeat_timestamp_seconds": f"0+60x{_LENGTH}",
    "observatory_canary_up": f"1x{_LENGTH}",
    'observatory_recent_deliveries{state="dead"}': f"2x{_LENGTH}",
    "prometheus_rule_evaluation_failures_total": f"3x{_LENGTH}",
    "prometheus_rule_group_iterations_missed_total": f"3x{_LENGTH}",
}


@dataclass(frozen=True, slots=True)
class _Trouble:
    """What happens instead of the healthy values, and the one alert that it sets off."""

    name: str
    alert: str
    series: Mapping[str, str]
    minute: int = 60


_TROUBLES: Sequence[_Trouble] = (
    _Trouble("the process ends", "ObservatoryGone", dict.fromkeys(_HEALTHY, "1x30 stale")),
    _Trouble(
        "ticks hang",
        "ObservatoryTickLate",
        {"observatory_last_tick_timestamp_seconds": f"0+60x50 3000x{_LENGTH}"},
    ),
    _Trouble("ticks fail", "ObservatoryTicksFail", {"observatory_failed_ticks_total": f"1x50 2+1x{_LENGTH}"}),
    _Trouble(
        "a query is refused", "ObservatoryQueriesFail", {"observatory_failed_queries": f"0x30 4x{_LENGTH}"}
    ),
    _Trouble(
        "nothing is measured",
        "ObservatoryHistoryBehind",
        {"observatory_measured_until_timestamp_seconds": f"-30+60x30 1800x{_LENGTH}"},
    ),
    _Trouble(
        "the past is never filled",
        "ObservatoryHistoryIncomplete",
        {"observatory_backfilled": f"0x{_LENGTH}"},
        minute=_LENGTH,
    ),
    _Trouble(
        "the database is away", "ObservatoryDatabaseDown", {"observatory_database_up": f"1x50 0x{_LENGTH}"}
    ),
    _Trouble(
        "messages wait",
        "ObservatoryDeliveriesOverdue",
        {"observatory_overdue_deliveries": f"0x50 3x{_LENGTH}"},
    ),
    _Trouble(
        "Slack refuses for good",
        "ObservatoryDeliveriesDead",
        {'observatory_recent_deliveries{state="dead"}': f"2x45 3x{_LENGTH}"},
    ),
    _Trouble(
        "nothing is delivered in whole",
        "ObservatoryHeartbeatLate",
        {"observatory_heartbeat_timestamp_seconds": f"0+60x45 2700x{_LENGTH}"},
    ),
    _Trouble(
        "the self-test is lost", "ObservatoryCanaryFails", {"observatory_canary_up": f"1x50 0x{_LENGTH}"}
    ),
    _Trouble(
        "rules can't be evaluated",
        "RulesFail",
        {"prometheus_rule_evaluation_failures_total": f"3x50 3+1x{_LENGTH}"},
    ),
    _Trouble(
        "rules are too slow",
        "RulesLate",
        {"prometheus_rule_group_iterations_missed_total": f"3x50 3+1x{_LENGTH}"},
    ),
)


def own_proof() -> str:
    """The text of `alert_rules/tests/observatory.yml`."""
    head = head_of("tests/observatory.yml", files=["../observatory.yml"], groups=[GROUP])
    every = "count by (alertname) (ALERTS)"
    quiet = [Expectation(minute, every) for minute in (1, 60, 120)]
    tests = [
        unit_test("all is well", _HEALTHY, quiet),
        unit_test("it was never scraped", {}, quiet),
        *(
            unit_test(
                trouble.name,
                {**_HEALTHY, **trouble.series},
                [Expectation(trouble.minute, _FIRING, ((f'{{alertname="{trouble.alert}"}}', 1),))],
            )
            for trouble in _TROUBLES
        ),
    ]
    return head + "".join(tests)


_FIRING = 'count by (alertname) (ALERTS{alertstate="firing"})'
