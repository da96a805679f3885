"""The generated configuration, judged by amtool."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.alertmanager import check_config, routed
from support.catalogs import a_catalog, a_service, a_squad

from observatory.adapters.files import CatalogFolder
from observatory.alerting import WorkingHours
from observatory.catalog import Escalation, OnCall, Slack, parse_catalog
from observatory.outputs.alertmanager import Surroundings, alertmanager_files, read_routes, route_tree
from observatory.outputs.alertmanager.times import time_intervals

USUAL = Surroundings()
ROOT = Path(__file__).parents[3]
EXAMPLE = parse_catalog(CatalogFolder(ROOT / "catalog").read()).valid()
ODD = a_catalog(
    a_service(),
    squads=[
        a_squad(
            slack=Slack(channel="#odd:'name'{}", fallback="#other", mention="U024BE7LH"),
            on_call=OnCall(
                hours="Sat-Mon 22:00-06:00",
                timezone="America/Argentina/Buenos_Aires",
                escalate=Escalation(after=timedelta(minutes=90), to="yes"),
            ),
        ),
        a_squad(name="yes", slack=Slack(channel="C0YES00000"), on_call=OnCall()),
    ],
)
AT = datetime(2026, 1, 1, tzinfo=UTC)
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def written(tmp_path, catalog, around=USUAL):
    for name, text in alertmanager_files(catalog, around).items():
        (tmp_path / name).write_text(text)
    return tmp_path / "alertmanager.yml"


@pytest.mark.parametrize(
    ("catalog", "around"),
    [
        pytest.param(EXAMPLE, Surroundings(), id="the example organisation"),
        pytest.param(EXAMPLE, Surroundings(catch_all="C0CATCHALL"), id="with a channel of last resort"),
        pytest.param(ODD, Surroundings(folder="/a b/c: d/"), id="odd names, hours over midnight, no hours"),
        pytest.param(a_catalog(squads=[]), Surroundings(), id="no squads at all"),
    ],
)
def test_amtool_takes_the_configuration(tmp_path, catalog, around):
    path = written(tmp_path, catalog, around)

    assert "1 templates" in check_config(path)


@pytest.mark.parametrize("catalog", [EXAMPLE, ODD], ids=["example", "odd"])
def test_what_is_written_reads_back_as_the_tree_it_was_written_from(tmp_path, catalog):
    path = written(tmp_path, catalog)

    assert read_routes(path.read_text(), file=path.name) == route_tree(catalog)


@pytest.mark.parametrize(
    ("labels", "receivers"),
    [
        pytest.param(
            {"squad": "search", "severity": "page"}, ("search/escalation", "search/page"), id="page"
        ),
        pytest.param(
            {"squad": "search", "severity": "critical"}, ("search/escalation", "search/page"), id="critical"
        ),
        pytest.param({"squad": "search", "severity": "ticket"}, ("search/ticket",), id="ticket"),
        pytest.param({"squad": "search"}, ("search/ticket",), id="no severity may wait"),
        pytest.param({"squad": "platform", "severity": "page"}, ("platform/page",), id="nobody above"),
        pytest.param({"squad": "searching", "severity": "page"}, ("observatory",), id="no such squad"),
        pytest.param({"alertname": "NodeDown", "severity": "page"}, ("observatory",), id="nobody's"),
        pytest.param({"alertname": "Watchdog", "squad": "search"}, ("dead-man",), id="watchdog"),
        pytest.param({"alertname": "ObservatoryOnWatch", "service": "search"}, ("nobody",), id="on watch"),
    ],
)
def test_an_alert_reaches_its_squad_and_nobody_else(tmp_path, labels, receivers):
    path = written(tmp_path, EXAMPLE)

    assert routed(path, labels) == receivers
    assert route_tree(EXAMPLE).receivers(labels) == receivers


def test_every_service_and_severity_of_the_catalog_ends_where_our_own_tree_says(tmp_path):
    path, tree = written(tmp_path, EXAMPLE), route_tree(EXAMPLE)
    alerts = [
        {
            "squad": entry.squad.name,
            "service": entry.service.name,
            "slo": entry.slo.name,
            "severity": severity,
        }
        for entry in EXAMPLE.slos()
        for severity in ("page", "ticket")
    ]

    assert [routed(path, labels) for labels in alerts] == [tree.receivers(labels) for labels in alerts]


def test_tickets_wait_for_working_hours_and_pages_never_do():
    times = {
        route.receiver: route.active_times
        for route in route_tree(EXAMPLE).walk()
        if route.name.startswith(("tickets", "pages"))
    }

    assert times["search/ticket"] == ("search/hours",)
    assert times["search/page"] == times["search/escalation"] == ()


def test_an_escalation_waits_as_long_as_the_squad_wants():
    waits = {route.receiver: route.group_wait for route in route_tree(EXAMPLE).walk()}

    assert waits["playback/escalation"] == timedelta(minutes=10)
    assert waits["playback/page"] == timedelta(seconds=10)


def test_no_secret_is_in_the_files(tmp_path):
    text = written(tmp_path, EXAMPLE).read_text()

    assert "xoxb" not in text
    assert text.count("credentials_file: /etc/alertmanager/slack_token") == text.count("slack_configs:")


def is_within(intervals, moment):
    """As Alertmanager defines it: the weekday and the clock in the zone; the end is not within."""
    for interval in intervals:
        local = moment.astimezone(ZoneInfo(interval["location"]))
        clock = f"{local.hour:02}:{local.minute:02}"
        times = interval["times"][0]
        if (
            _DAYS[local.weekday()] in interval["weekdays"]
            and times["start_time"] <= clock < times["end_time"]
        ):
            return True
    return False


@given(
    moment=st.integers(0, 366 * 24 * 60).map(lambda minutes: AT + timedelta(minutes=minutes)),
    hours=st.sampled_from(
        ["Mon-Fri 09:00-18:00", "Sat-Mon 22:00-06:00", "Sun-Sun 00:00-24:00", "Fri-Fri 18:30-18:30"]
    ),
    zone=st.sampled_from(["Europe/Stockholm", "America/New_York", "Asia/Kolkata", "UTC"]),
)
def test_the_intervals_are_the_hours_in_which_we_send_tickets_ourselves(moment, hours, zone):

    ours = WorkingHours.read(hours, zone)

    assert is_within(time_intervals(OnCall(hours=hours, timezone=zone)), moment) == (
        ours.next_open(moment) == moment
    )


def test_a_squad_without_hours_is_told_of_tickets_at_any_time():
    squad = replace_on_call(EXAMPLE, "search", OnCall())

    assert all(not route.active_times for route in route_tree(squad).walk() if "search" in route.receiver)


def replace_on_call(catalog, name, on_call):
    squads = dict(catalog.squads)
    squads[name] = squads[name].model_copy(update={"on_call": on_call})
    return replace(catalog, squads=squads)
