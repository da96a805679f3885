"""A real Alertmanager, asked and told."""

from datetime import UTC, datetime, timedelta

import pytest
from support.alertmanager import alertmanager, free_port

from observatory.adapters.alertmanager import HttpAlertmanager
from observatory.application.alertmanager.tell import isolated
from observatory.application.ports import Pushed
from observatory.bootstrap import system_clock
from observatory.errors import DefinitionError, Refused, Unavailable

CONFIG = """\
route: {receiver: observatory, routes: [{matchers: ['squad="search"'], receiver: search}]}
receivers: [{name: observatory}, {name: search}]
inhibit_rules: [{source_matchers: ['severity="page"'], target_matchers: ['severity="ticket"'], equal: [service]}]
"""


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with alertmanager(tmp_path_factory.mktemp("alertmanager"), CONFIG) as server:
        yield server


@pytest.fixture
def server(running):
    return HttpAlertmanager(running.url)


def an_alert(name, *, minutes=5, **labels):
    now = system_clock().now()
    return Pushed(
        {"alertname": name} | labels,
        now - timedelta(minutes=1),
        now + timedelta(minutes=minutes),
        {"summary": name, "empty": ""},
        "http://prometheus.example/graph",
    )


def by_name(server):
    return {one.report.alert.name: one for one in server.alerts()}


def test_what_is_told_is_held_and_routed(server):
    server.push([an_alert("Routed", squad="search", region="")])

    held = by_name(server)["Routed"]

    assert held.receivers == {"search"}
    assert dict(held.report.alert.labels) == {"alertname": "Routed", "squad": "search"}
    assert dict(held.report.alert.annotations) == {"summary": "Routed"}
    assert not held.is_muted


def test_an_inhibited_alert_names_what_mutes_it(server):
    server.push(
        [an_alert("Loud", service="a", severity="page"), an_alert("Mute", service="a", severity="ticket")]
    )

    held = by_name(server)

    assert held["Mute"].inhibited_by == {held["Loud"].report.alert.fingerprint}
    assert held["Mute"].is_muted


def test_a_silenced_alert_says_by_whom_why_and_until_when(running, server):
    server.push([an_alert("Quiet")])
    ends = datetime(2040, 1, 1, tzinfo=UTC)
    starts = system_clock().now().isoformat()
    running.silence({"alertname": "Quiet"}, starts=starts, ends=ends.isoformat())

    silence = by_name(server)["Quiet"].report.silence

    assert (silence.owner, silence.reason, silence.ends_at) == ("ada", "deploying (in Alertmanager)", ends)


def test_what_ends_now_is_held_no_more(server):
    server.push([an_alert("Ending")])
    server.push([an_alert("Ending", minutes=0)])

    assert "Ending" not in by_name(server)


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param({"no-dash": "x"}, id="a name that is none"),
        pytest.param({"": "x"}, id="no name"),
    ],
)
def test_one_bad_label_costs_nothing_but_its_own_alert(server, bad):
    good = [an_alert(f"Good{number}") for number in range(5)]
    alerts = [*good[:3], an_alert("Bad", **bad), *good[3:]]

    refused = [alert.labels["alertname"] for alert, _ in isolated(server, alerts)]

    assert refused == ["Bad"]
    assert {one.labels["alertname"] for one in good} <= by_name(server).keys()


def test_half_a_character_and_a_link_that_is_none_cost_nothing(server):
    now = system_clock().now()
    odd = Pushed({"alertname": "Odd", "pod": "\ud800"}, now, now + timedelta(minutes=5), {}, "not a link")

    server.push([odd])

    assert by_name(server)["Odd"].report.alert.labels["pod"] == "?"


def test_nobody_there_is_unavailable():
    with pytest.raises(Unavailable, match="can't be reached"):
        HttpAlertmanager(f"http://127.0.0.1:{free_port()}").alerts()


def test_another_program_at_the_address_is_told_from_an_alertmanager(running):
    with pytest.raises(Refused, match="404"):
        HttpAlertmanager(f"{running.url}/elsewhere").alerts()


@pytest.mark.parametrize("url", ["alertmanager:9093", "ftp://alertmanager", "http://", "http://[::1"])
def test_what_is_no_address_is_refused_at_the_start(url):
    with pytest.raises(DefinitionError, match="no address"):
        HttpAlertmanager(url)
