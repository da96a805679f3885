import pytest
from support.catalogs import a_catalog

from observatory.alerting import Rules
from observatory.alerting.expectations import judge, read_expectations
from observatory.catalog import InvalidCatalog

RULES = Rules("C0CATCHALL")
TABLE = b"""\
- name: playlists hear of their own
  labels: {service: playlist, severity: page}
  expect: {squad: playlists, channel: C0PLAYLISTS, fallback: C0ONCALL00, mention: S0PLAYLIST}
- labels: {service: gone}
  expect: {squad: nobody, channel: C0CATCHALL, because: catch_all}
- labels: {}
  expect: {squad: playlists, fallback: C0ELSEWHERE}
"""


def test_each_expectation_is_judged_and_every_difference_told():
    one, other, wrong = (judge(each, a_catalog(), RULES) for each in read_expectations("r.yml", TABLE))
    assert one.differences == other.differences == ()
    assert wrong.differences == (
        "squad is nobody, and playlists was expected",
        "fallback is nothing, and C0ELSEWHERE was expected",
    )
    assert str(wrong.expectation.place) == "r.yml:6:3"
    assert [each.expectation.title for each in (one, other, wrong)] == [
        "playlists hear of their own",
        "service=gone",
        "no labels",
    ]


def test_nothing_may_be_expected_in_so_many_words():
    (expectation,) = read_expectations("r.yml", b"- {labels: {service: gone}, expect: {mention: null}}")
    assert judge(expectation, a_catalog(), RULES).differences == ()


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        pytest.param(b"labels: {}", "r.yml:1:1", "a list", id="no list"),
        pytest.param(b"- 5", "r.yml:1:3", "a mapping", id="no mapping"),
        pytest.param(b"- {expect: {squad: a}}", "r.yml:1:3", "labels is missing", id="no labels"),
        pytest.param(
            b"- {labels: {}, expect: {}}", "r.yml:1:24", "something is expected", id="expects nothing"
        ),
        pytest.param(b"- {labels: {}, expect: {sqad: a}}", "r.yml:1:25", "unknown key", id="unknown key"),
        pytest.param(b"- {labels: {9x: a}, expect: {squad: a}}", "r.yml:1:13", "a label name", id="no label"),
        pytest.param(
            b"- {labels: {}, expect: {because: luck}}", "r.yml:1:34", "because is one of", id="no rule"
        ),
        pytest.param(b"- {labels: {}", "r.yml:2:1", "not YAML", id="broken YAML"),
        pytest.param(b"\xff\xfe\x00", "r.yml:1", "", id="no text"),
    ],
)
def test_what_is_wrong_with_a_table_is_told_with_its_place(text, place, words):
    with pytest.raises(InvalidCatalog) as raised:
        read_expectations("r.yml", text)
    problem = raised.value.problems[0]
    assert str(problem.place).startswith(place)
    assert words in problem.rule


def test_every_problem_is_told_at_once():
    with pytest.raises(InvalidCatalog) as raised:
        read_expectations("r.yml", b"- 5\n- {labels: {}}\n- {labels: {}, expect: {a: b, c: d}}\n")
    assert [problem.place.line for problem in raised.value.problems] == [1, 2, 3, 3]
