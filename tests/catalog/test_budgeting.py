from datetime import timedelta
from decimal import Decimal

import jsonschema
import pytest
import yaml
from support.catalogs import changed, parse_yaml

from observatory.catalog import Calendar, Occurrences, RatioTimeslices, Rolling, Timeslices, json_schema

MINUTE = timedelta(minutes=1)
METHODS = [
    pytest.param("occurrences", Occurrences(), "", id="occurrences"),
    pytest.param(
        "{timeslices: {slice: 1m, target: 95}}",
        Timeslices(slice=MINUTE, target=Decimal(95)),
        " timeslices of 1m at 95 %",
        id="timeslices",
    ),
    pytest.param(
        "{timeslices: {slice: 15s, target: 100}}",
        Timeslices(slice=MINUTE / 4, target=Decimal(100)),
        " timeslices of 15s at 100 %",
        id="no bad event at all",
    ),
    pytest.param(
        "{ratio_timeslices: {slice: 5m}}",
        RatioTimeslices(slice=5 * MINUTE),
        " ratio timeslices of 5m",
        id="ratio timeslices",
    ),
]


@pytest.mark.parametrize(("text", "method", "counted"), METHODS)
def test_a_method_is_read_and_counts_in_a_column_of_its_own(text, method, counted):
    written = changed("window: 30d", f"method: {text}")
    jsonschema.validate(yaml.safe_load(written), json_schema())
    entry = next(parse_yaml(written).valid().slos())
    assert entry.slo.method == method
    assert entry.column == f"playlist/availability{counted}"


def test_an_slo_has_a_window_that_decides_and_others_that_are_shown():
    written = changed(
        "30d", "{calendar: month, timezone: UTC}\n    more_windows: [7d, {calendar: year, timezone: UTC}]"
    )
    jsonschema.validate(yaml.safe_load(written), json_schema())
    slo = parse_yaml(written).valid().services["playlist"].slos[0]
    assert slo.window == Calendar(calendar="month", timezone="UTC")
    assert slo.more_windows == (Rolling(timedelta(days=7)), Calendar(calendar="year", timezone="UTC"))
    assert [window.label for window in slo.windows] == ["month UTC", "7d", "year UTC"]


def test_without_a_word_every_event_counts_over_thirty_days():
    latency = parse_yaml().valid().services["playlist"].slos[1]
    assert latency.windows == (Rolling(timedelta(days=30)),)
    assert latency.method == Occurrences()
