"""Working hours as Alertmanager writes times: ranges within one day, in the squad's zone."""

from datetime import timedelta
from typing import Any

from observatory.alerting import WorkingHours
from observatory.catalog import OnCall

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAY = timedelta(days=1)


def time_intervals(on_call: OnCall) -> list[dict[str, Any]]:
    """The `time_intervals` of a squad's hours; what lasts past midnight is two of them, and none without hours."""
    if on_call.hours is None:
        return []
    hours = WorkingHours.read(on_call.hours, on_call.timezone)
    evening = _interval(hours.days, hours.opens, min(hours.closes, _DAY), on_call.timezone)
    if hours.closes <= _DAY:
        return [evening]
    next_days = frozenset((day + 1) % len(_DAYS) for day in hours.days)
    return [evening, _interval(next_days, timedelta(0), hours.closes - _DAY, on_call.timezone)]


def _interval(days: frozenset[int], opens: timedelta, closes: timedelta, zone: str) -> dict[str, Any]:
    return {
        "weekdays": [_DAYS[day] for day in sorted(days)],
        "times": [{"start_time": _clock(opens), "end_time": _clock(closes)}],
        "location": zone,
    }


def _clock(after_midnight: timedelta) -> str:
    hours, minutes = divmod(int(after_midnight.total_seconds()) // 60, 60)
    return f"{hours:02}:{minutes:02}"
