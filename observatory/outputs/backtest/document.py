"""A backtest as JSON."""

import json
from datetime import datetime, timedelta
from typing import Any

from observatory.alerting import Adjusted, Alarm, Met, Replayed, Score, Silence
from observatory.outputs.backtest.model import Backtested, Side


def as_json(result: Backtested) -> str:
    """Ratios are numbers from 0 to 1, spans seconds, times ISO 8601 in UTC; what is unknown is null."""
    document = {
        "after": _time(result.after),
        "until": _time(result.until),
        "silences_known": result.silences_known,
        "versions": [_side(result, side) for side in result.sides],
    }
    return json.dumps(document, indent=2) + "\n"


def _side(result: Backtested, side: Side) -> dict[str, Any]:
    return {
        "name": side.name,
        "slos": [_replayed(replayed) for replayed in side.replays],
        "failures": dict(side.failures),
        "scores": {name: _score(score) for name, score in result.scores(side).items()},
    }


def _replayed(replayed: Replayed) -> dict[str, Any]:
    entry = replayed.entry
    return {
        "slo": entry.id,
        "squad": entry.squad.name,
        "objective": float(entry.slo.objective / 100),
        "window": entry.slo.window.label,
        "since": _time(replayed.since),
        "remaining": replayed.budget[-1].remaining if replayed.budget else None,
        "alarms": [_alarm(alarm) for alarm in replayed.alarms],
        "left_out": _adjustment(replayed.adjustment),
    }


def _adjustment(adjustment: Adjusted | None) -> dict[str, Any] | None:
    """What events leave out, and the numbers with it."""
    if adjustment is None:
        return None
    plain = adjustment.unadjusted
    return {
        "events": list(adjustment.events),
        "seconds": adjustment.length.total_seconds(),
        "refused": adjustment.refused,
        "with_it": {
            "remaining": plain.budget[-1].remaining if plain.budget else None,
            "alarms": [_alarm(alarm) for alarm in plain.alarms],
        },
    }


def _alarm(alarm: Alarm) -> dict[str, Any]:
    return {
        "severity": alarm.severity.value,
        "tiers": list(alarm.tiers),
        "burning_since": _time(alarm.burning_since),
        "told_at": _time(alarm.told_at),
        "delay": alarm.delay.total_seconds(),
        "resolved_at": _time(alarm.resolved_at),
        "reopened": alarm.reopened,
        "consumed": alarm.consumed,
        "bad": alarm.bad,
        "silenced": _silence(alarm.silenced),
    }


def _silence(silence: Silence | None) -> dict[str, Any] | None:
    if silence is None:
        return None
    return {
        "id": silence.id,
        "owner": silence.owner,
        "reason": silence.reason,
        "ends": _time(silence.ends_at),
    }


def _score(score: Score) -> dict[str, Any]:
    return {
        "alarms": score.alarms,
        "true": score.true,
        "precision": score.precision,
        "recall": score.recall,
        "median_delay": _seconds(score.delay),
        "incidents": [_met(one) for one in score.met],
    }


def _met(one: Met) -> dict[str, Any]:
    incident = one.incident
    return {
        "service": incident.service,
        "title": incident.title,
        "start": _time(incident.start),
        "end": _time(incident.end),
        "told_at": _time(one.alarm.told_at) if one.alarm else None,
        "slo": one.slo,
        "delay": _seconds(one.delay),
    }


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")


def _seconds(length: timedelta | None) -> float | None:
    return None if length is None else length.total_seconds()
