"""Queries of dashboards and rules, asked of a real server."""

import json
from datetime import UTC, datetime

import pytest
from support.prometheus import Series
from support.servers import SERVERS, serving

from observatory.application.check_live import ask
from observatory.bootstrap import prometheus as source
from observatory.settings import Settings

NOW = 1_772_366_400


def dashboard(*queries):
    targets = [{"refId": str(number), "expr": expr} for number, expr in enumerate(queries)]
    variable = {"name": "job", "type": "query", "includeAll": True, "current": {"value": ["$__all"]}}
    panels = [{"title": "P", "type": "timeseries", "targets": targets}]
    return json.dumps({"panels": panels, "templating": {"list": [variable]}}, indent=1)


def rules(*exprs, kind="record"):
    return json.dumps({"groups": [{"name": "g", "rules": [{kind: "a", "expr": expr} for expr in exprs]}]})


@pytest.mark.parametrize("server", SERVERS)
def test_what_fails_and_what_finds_nothing_is_told(server, tmp_path):
    times = range(NOW - 3600, NOW + 1, 15)
    series = Series("jobs_total", 'job="a"', times, [float(number) for number, _ in enumerate(times)])
    files = {
        "dashboards/a.json": dashboard(
            'rate(jobs_total{job=~"$job"}[$__rate_interval])',
            "nothing_total",
            "jobs_total * on () jobs_total{",
        ),
        "alert_rules/r.yml": rules("sum(jobs_total)", "sum(nothing_total)"),
        "alert_rules/a.yml": rules("nothing_total > 1", kind="alert"),
    }
    with serving(server, tmp_path, [series]) as url:
        asked = ask(files, source(Settings(prometheus_url=url)), now=datetime.fromtimestamp(NOW, UTC))
        found = [(finding.rule, finding.file, finding.where) for finding in asked]
    assert found == [
        ("empty-result", "dashboards/a.json", 'panel "P", query 1'),
        ("failing-query", "dashboards/a.json", 'panel "P", query 2'),
        ("empty-result", "alert_rules/r.yml", "record a"),
    ]
