from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from support.outbox import incident

from observatory.adapters.memory.alerts import MemoryAlerts
from observatory.adapters.memory.clock import ManualClock
from observatory.adapters.memory.reports import MemoryReports
from observatory.alerting import IncidentState
from observatory.application.prune import Prune
from observatory.settings import Settings

NOW = datetime(2026, 3, 18, 12, tzinfo=UTC)


@pytest.mark.parametrize(("days", "kept"), [(29, True), (31, False)])
def test_an_incident_that_is_over_is_kept_for_as_long_as_the_setting_says(monkeypatch, days, kept):
    monkeypatch.setenv("OBSERVATORY_ALERT_RETENTION", "P30D")
    alerts, asked = MemoryAlerts(), []
    over = NOW - timedelta(days=days)
    alerts.record([incident(state=IncidentState.RESOLVED, opened_at=over, resolved_at=over)], [])
    recorder = SimpleNamespace(prune=lambda *, now: asked.append(now))
    Prune(recorder, alerts, MemoryReports(), ManualClock(NOW), Settings().alert_retention)()
    assert bool(alerts.incidents()) is kept
    assert asked == [NOW]
