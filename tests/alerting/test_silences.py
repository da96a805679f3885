from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.people import NOW, a_page, a_silence

from observatory.alerting import Matcher, Subject
from observatory.alerting.silences import covering
from observatory.errors import DefinitionError
from observatory.evaluation import Severity


@pytest.mark.parametrize(
    ("written", "subject", "value", "is_regex"),
    [
        ("service=playlist", Subject.SERVICE, "playlist", False),
        (' squad = "playlists" ', Subject.SQUAD, "playlists", False),
        ("slo=~'playlist/.*'", Subject.SLO, "playlist/.*", True),
        ("severity=~page|ticket", Subject.SEVERITY, "page|ticket", True),
        ("slo=a=b", Subject.SLO, "a=b", False),
    ],
)
def test_matchers_as_people_write_them(written, subject, value, is_regex):
    matcher = Matcher.read(written)
    assert matcher == Matcher(subject, value, is_regex=is_regex)
    assert Matcher.read(str(matcher)) == matcher


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("service!=playlist", "not understood"),
        ("service!~p.*", "not understood"),
        ("playlist", "not understood"),
        ("", "not understood"),
        ("team=playlists", "there is no team; one matches squad, service, slo, severity"),
        ("=playlist", "not understood"),
    ],
)
def test_matchers_that_are_not_understood_say_what_is_right(written, says):
    with pytest.raises(DefinitionError, match=says):
        Matcher.read(written)


@pytest.mark.parametrize(
    ("matchers", "matches"),
    [
        pytest.param(["service=playlist"], True, id="service"),
        pytest.param(["service=play"], False, id="no-prefixes"),
        pytest.param(["service=~play"], False, id="a-regex-is-anchored"),
        pytest.param(["service=~play.*"], True, id="regex"),
        pytest.param(["slo=playlist/availability"], True, id="slo"),
        pytest.param(["squad=playlists", "severity=page"], True, id="all-match"),
        pytest.param(["squad=playlists", "severity=ticket"], False, id="one-does-not"),
    ],
)
def test_an_incident_is_silenced_when_all_matchers_match(matchers, matches):
    assert a_silence(*matchers).matches(a_page()) is matches


def test_a_regex_that_would_take_for_ever_elsewhere_is_quick():
    evil = a_silence(slo := "slo=~(a+)+$")
    assert slo
    assert not evil.matches(a_page(slo="a" * 400 + "/b"))


@pytest.mark.parametrize(
    ("changes", "confirmed", "says"),
    [
        pytest.param({}, False, [], id="good"),
        pytest.param({"ends_at": NOW + timedelta(days=7)}, False, [], id="seven-days"),
        pytest.param(
            {"ends_at": NOW + timedelta(days=7, seconds=1)}, False, ["longer than 7 days"], id="more"
        ),
        pytest.param({"ends_at": NOW + timedelta(days=30)}, True, [], id="asked-for-twice"),
        pytest.param({"ends_at": NOW}, False, ["ends before it begins"], id="no-time"),
        pytest.param(
            {"starts_at": NOW - timedelta(hours=2), "ends_at": NOW - timedelta(hours=1)},
            True,
            ["ended already"],
            id="over",
        ),
        pytest.param({"matchers": ()}, False, ["between 1 and 20 matchers"], id="no-matcher"),
        pytest.param(
            {"matchers": (Matcher(Subject.SLO, ".*", is_regex=True),)},
            False,
            ["match everything"],
            id="everything",
        ),
        pytest.param(
            {"owner": " ", "reason": "x" * 501, "matchers": (Matcher(Subject.SLO, "(", is_regex=True),)},
            False,
            ["slo=~( is no regular expression", "owner has", "reason has"],
            id="all-at-once",
        ),
    ],
)
def test_what_is_wrong_with_a_silence(changes, confirmed, says):
    found = a_silence(**changes).problems(now=NOW, confirmed=confirmed)
    assert len(found) == len(says)
    assert all(phrase in problem for phrase, problem in zip(says, found, strict=True))


@pytest.mark.parametrize(("minutes", "active"), [(-1, False), (0, True), (59, True), (60, False)])
def test_a_silence_is_active_from_its_start_until_before_its_end(minutes, active):
    assert a_silence().is_active(NOW + timedelta(minutes=minutes)) is active


def test_of_several_silences_the_one_that_ends_last_is_shown():
    long = a_silence(id="long", ends_at=NOW + timedelta(hours=2))
    others = [a_silence(), long, a_silence("severity=ticket", ends_at=NOW + timedelta(hours=9))]
    assert covering(others, a_page(), now=NOW) is long
    assert covering(others, a_page(), now=NOW + timedelta(hours=3)) is None
    assert covering(others, a_page(severity=Severity.TICKET), now=NOW).matchers[0].value == "ticket"


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_text_breaks_a_matcher(pattern, value):
    matcher = Matcher(Subject.SLO, pattern, is_regex=True)
    if matcher.problem() is None:
        assert matcher.accepts(value) in (True, False)
