import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import altair as alt
from support.catalogs import PLACE
from support.evaluations import entry

from observatory.alerting import Adjusted, Alarm, BudgetMark, Matcher, Replayed, Silence, Subject
from observatory.catalog import Remembered
from observatory.evaluation import Severity
from observatory.outputs.backtest import (
    Backtested,
    Side,
    as_json,
    as_markdown,
    as_text,
    timeline_html,
    timeline_png,
)
from observatory.outputs.backtest.chart import specification

DAY = datetime(2026, 3, 1, tzinfo=UTC)


def at(hours):
    return DAY + timedelta(hours=hours)


def alarm(told, resolved, severity=Severity.PAGE, **more):
    facts = {"tiers": ("fast", "slow"), "reopened": 0, "consumed": 0.37, "bad": 120.0} | more
    return Alarm(
        severity=severity,
        burning_since=at(told - 0.1),
        told_at=at(told),
        resolved_at=None if resolved is None else at(resolved),
        **facts,
    )


def side(name, *alarms, objective="99.9", since=None, failures=()):
    budget = tuple(BudgetMark(at(hour), None if hour == 3 else 1 - hour / 20) for hour in range(1, 25))
    replayed = Replayed(entry(objective=objective), DAY, at(24), alarms, budget, since)
    return Side(name, (replayed,), dict(failures))


PAGE, TICKET = alarm(5, 6), alarm(12, None, Severity.TICKET, reopened=2, consumed=None)
CRASH = Remembered(place=PLACE, service="playlist", slo=None, start=at(4.8), end=at(5.5), title="a | crash")
ALONE = Backtested(DAY, at(24), side("catalog", PAGE, TICKET), remembered=(CRASH,))
TWO = Backtested(DAY, at(24), side("catalog", PAGE, TICKET), side("main", alarm(5.5, 7), objective="99"))


def test_one_version_lists_what_would_have_been_told():
    said = as_text(ALONE)

    assert said.startswith(
        "1 d to 2026-03-02 00:00 UTC. 1 page and 1 ticket of 1 SLO.\n".replace("1 d", "1\u00a0d")
    )
    assert "2026-03-01 05:00   page" in said
    assert "12 h so far, back 2×".replace("12 h", "12\u00a0h") in said
    assert "100\u00a0% (1 of 1)" in said
    assert "page of playlist/availability after 12\u00a0min" in said


def test_of_two_versions_only_what_differs_is_listed():
    said = as_markdown(TWO)

    assert "| playlist/availability | 99 % / 30d → 99.9 % / 30d | 1 | 0 → 1 |" in said
    assert "**Only with catalog**" in said
    assert "**Only with main**" not in said
    assert "| 2026-03-01 05:00 |" not in said


def test_a_pipe_in_a_title_is_no_column():
    assert r"| a \| crash |" in as_markdown(ALONE)


def test_what_is_not_known_is_said():
    known = Backtested(DAY, at(24), side("catalog", since=at(9), failures={"search/latency": "parse error"}))

    said = as_text(known)

    assert "playlist/availability: nothing is known of it before 2026-03-01 09:00 UTC." in said
    assert "search/latency could not be measured: parse error" in said


def test_json_holds_all_of_it():
    (version,) = json.loads(as_json(ALONE))["versions"]

    first, second = version["slos"][0]["alarms"]
    assert (first["told_at"], first["delay"], first["consumed"]) == ("2026-03-01T05:00:00Z", 360.0, 0.37)
    assert (second["resolved_at"], second["reopened"], second["consumed"]) == (None, 2, None)
    assert version["scores"]["pages"]["incidents"][0]["title"] == "a | crash"


def test_what_is_drawn_is_vega_lite_and_shows_every_alarm_and_incident():
    for result, bars in ((ALONE, 3), (TWO, 3)):
        drawn = specification(result)
        alt.VConcatChart.from_dict(drawn)
        (lanes, _) = drawn["vconcat"][0]["vconcat"]
        assert len(lanes["data"]["values"]) == bars
    assert timeline_png(ALONE).startswith(b"\x89PNG")


QUIET = Silence(
    "s1", (Matcher(Subject.SERVICE, "playlist"),), "playlists", "The <db> moves.", at(4), at(8), "anna"
)


def with_left_out():
    plain = side("catalog", PAGE).replays[0]
    adjusted = Adjusted(("db-move",), ((at(2), at(3)),), refused=False, unadjusted=plain)
    own = replace(plain, alarms=(replace(TICKET, silenced=QUIET),), adjustment=adjusted)
    return Backtested(DAY, at(24), Side("catalog", (own,), {}), silences_known=True)


def test_both_numbers_stand_beside_each_other():
    told = as_text(with_left_out()).replace("\u00a0", " ")

    assert "0 (1)   1 (0)     −20 %" in told
    assert "playlist/availability: db-move leaves 1 h out of it; with that it is 1 page, 0 tickets" in told
    assert "0 pages and 1 ticket (1 silenced)" in told
    assert "1 alarm fell into a silence of playlists until 2026-03-01 08:00 UTC: The <db> moves." in told
    (one,) = json.loads(as_json(with_left_out()))["versions"][0]["slos"]
    assert one["left_out"]["events"] == ["db-move"]
    assert one["left_out"]["with_it"]["alarms"][0]["severity"] == "page"
    assert one["alarms"][0]["silenced"]["reason"] == "The <db> moves."


def test_the_timeline_shows_what_is_left_out_and_what_was_silenced():
    drawn = json.dumps(specification(with_left_out(), title=True))

    assert '"what": "left out"' in drawn
    assert '"strength": 0.35' in drawn
    assert "Dotted: the budget with what events leave out" in drawn


def test_the_page_stands_alone_and_nothing_in_it_ends_its_script():
    page = timeline_html(with_left_out())

    assert "<script src" not in page
    assert "<link" not in page
    assert "The <db> moves." not in page
    assert r"The \u003cdb> moves." in page
    assert page.count("</script>") == 2
