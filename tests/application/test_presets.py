"""Every preset counts what real exporters expose, as they were recorded: the right names, labels, units and failures."""

from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from prometheus_client.parser import text_string_to_metric_families
from support.catalogs import a_service, a_squad, an_slo, parse_sli
from support.prometheus import Series
from support.servers import SERVERS, serving

from observatory.adapters.clock import SystemClock
from observatory.adapters.prometheus import PrometheusSource
from observatory.application.measure import Measure
from observatory.catalog import ServiceSlo
from observatory.planning import plan

RECORDED = Path(__file__).parents[1] / "catalog" / "expositions"
START = 1_780_000_000 // 3600 * 3600
BELOW = "below: 250ms"
COUNTED = {
    "http": {"events": (2, 6), "latency": (2, 6), "error_or_slow": (3, 6)},
    "otel": {"events": (2, 6), "latency": (0, 6), "error_or_slow": (2, 6)},
    "istio": {"events": (2, 5), "latency": (2, 5), "error_or_slow": (3, 5)},
    "starlette": {"events": (2, 5), "latency": (0, 5), "error_or_slow": (2, 5)},
    "grpc": {"events": (2, 6), "latency": (0, 6), "error_or_slow": (2, 6)},
    "request_reply": {"events": (2, 5), "latency": (2, 5), "error_or_slow": (3, 5)},
    "messaging": {"events": (2, 5), "latency": (2, 5), "error_or_slow": (3, 5)},
    "pubsub": {"events": (2, 5), "latency": (2, 5), "error_or_slow": (3, 5)},
}
"""Bad of all: the first line of each recording says what happened."""


def past(preset):
    """The recording's process, from nothing to what was recorded."""
    times = range(START, START + 181, 60)
    for family in text_string_to_metric_families((RECORDED / f"{preset}.txt").read_text()):
        for sample in family.samples:
            labels = ",".join(f'{name}="{value}"' for name, value in sample.labels.items() if value)
            values = [0.0, 0.0, sample.value, sample.value]
            yield Series(sample.name, f'job="{preset}",{labels}', times, values)


def entries():
    for preset, kinds in COUNTED.items():
        for kind in kinds:
            bound = "" if kind == "events" else f", {BELOW}"
            sli = parse_sli(f"{{preset: {preset}, kind: {kind}{bound}}}")
            slo = an_slo(kind.replace("_", "-"), sli=sli)
            service = a_service(preset.replace("_", "-"), selector={"job": preset}, slos=(slo,))
            yield preset, kind, ServiceSlo(a_squad(), service, slo)


@pytest.fixture(scope="module", params=SERVERS)
def counted(request, tmp_path_factory):
    every = [*entries()]
    series = [one for preset in COUNTED for one in past(preset)]
    with serving(request.param, tmp_path_factory.mktemp("server"), series) as url:
        measured = Measure(PrometheusSource(url), SystemClock())(
            plan([entry for _, _, entry in every], tick=60), after=START + 60, until=START + 180
        )
    assert not measured.failures
    found = defaultdict(dict)
    for (preset, kind, _), bad, total in zip(
        every, np.sum(measured.buckets.bad, axis=0), np.sum(measured.buckets.total, axis=0), strict=True
    ):
        found[preset][kind] = (bad, total)
    return found


@pytest.mark.parametrize("preset", COUNTED)
def test_a_preset_counts_what_its_exporter_exposes(counted, preset):
    assert counted[preset] == COUNTED[preset]


def test_every_preset_was_recorded():
    assert set(COUNTED) == {path.stem for path in RECORDED.iterdir()}
