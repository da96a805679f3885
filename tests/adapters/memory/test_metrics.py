"""The metrics in memory answer as real servers do."""

from datetime import timedelta

import numpy as np
import pytest
from support.catalogs import a_service, a_squad, an_slo, latency
from support.prometheus import Series
from support.servers import SERVERS, serving

from observatory.adapters.clock import SystemClock
from observatory.adapters.memory.metrics import MemoryMetrics
from observatory.adapters.prometheus import PrometheusSource
from observatory.application.measure import Measure
from observatory.catalog import ServiceSlo
from observatory.measurement import FIELDS
from observatory.planning import plan

NOON = 1_780_000_000 // 3600 * 3600
TIMES = range(NOON - 3600, NOON + 1, 60)
COUNTERS = [
    ("http_requests_total", {"job": "album", "code": "200"}, 20),
    ("http_requests_total", {"job": "album", "code": "500"}, 1),
    ("http_requests_total", {"job": "search", "code": "200"}, 30),
    ("http_requests_total", {"job": "rests", "code": "200"}, 0),
    ("h_count", {"job": "album"}, 9),
    ("h_bucket", {"job": "album", "le": "0.3"}, 7),
    ("h_count", {"job": "search"}, 9),
    ("h_bucket", {"job": "search", "le": "0.5"}, 8),
]


def in_memory():
    metrics = MemoryMetrics()
    for metric, labels, each in COUNTERS:
        metrics.count(metric, labels, dict.fromkeys(TIMES, each))
    return metrics


@pytest.fixture(params=["memory", *SERVERS])
def source(request, tmp_path):
    if request.param == "memory":
        yield in_memory()
        return
    past = [
        Series(
            metric,
            ",".join(f'{label}="{value}"' for label, value in labels.items()),
            TIMES,
            np.arange(1, len(TIMES) + 1) * each,
        )
        for metric, labels, each in COUNTERS
    ]
    with serving(request.param, tmp_path, past) as url:
        yield PrometheusSource(url)


def test_every_source_measures_the_same(source):
    slos = (an_slo(), an_slo("latency", sli=latency("h", below=timedelta(milliseconds=300))))
    services = [a_service(name, slos=slos) for name in ("album", "search", "rests", "unknown")]
    planned = plan([ServiceSlo(a_squad(), service, slo) for service in services for slo in slos], tick=60)
    measurement = Measure(source, SystemClock())(planned, after=NOON - 300, until=NOON)
    assert {failure.slos: failure.message for failure in measurement.failures} == {
        ("search/latency",): 'h_bucket has no bucket le="0.3"; its bounds are 0.5'
    }
    sums = {field: getattr(measurement.buckets, field).sum(axis=0).tolist() for field in FIELDS[:4]}
    assert sums == {
        "bad": [5, 10, 0, 0, 0, 0, 0, 0],
        "total": [105, 45, 150, 0, 0, 0, 0, 0],
        "measured": [300, 300, 300, 0, 0, 0, 0, 0],
        "idle": [0, 0, 0, 0, 300, 0, 0, 0],
    }
