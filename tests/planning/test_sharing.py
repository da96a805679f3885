"""Expressions that squads wrote, asked together: only where that is the same."""

import pytest
from support.catalogs import a_service, a_squad, an_slo, parse_sli

from observatory.catalog import ServiceSlo
from observatory.planning import SharedQuery, WrittenQuery, plan
from observatory.planning.sharing import shared

JOBS = ("album", "artist", "search")


def about(text):
    """The expression for each job, `$job` being its name."""
    return [text.replace("$job", job) for job in JOBS]


@pytest.mark.parametrize(
    ("written", "together"),
    [
        pytest.param(
            'sum(rate(x{job="$job"}[1m]))',
            'sum by (job) (rate(x{job=~"album|artist|search"}[60000ms]))',
            id="a sum",
        ),
        pytest.param(
            'sum by (zone) (x{job="$job",code=~"5.."} offset 1m)',
            'sum by (job,zone) (x{code=~"5..",job=~"album|artist|search"} offset 60000ms)',
            id="by another label",
        ),
        pytest.param(
            'sum(x{job="$job"}) / on () sum(y{job="$job"})',
            '(sum by (job) (x{job=~"album|artist|search"})) / on (job)'
            ' (sum by (job) (y{job=~"album|artist|search"}))',
            id="matched on nothing",
        ),
        pytest.param(
            'max(max_over_time((x{job="$job"} > bool 3)[1m:30s]))',
            'max by (job) (max_over_time((((x{job=~"album|artist|search"}) > bool (3.0)))[60000ms:30000ms]))',
            id="a subquery",
        ),
        pytest.param(
            'sum(x{job="$job"} * on (pod) group_left (zone) y{job="$job"})',
            'sum by (job) ((x{job=~"album|artist|search"}) * on (job,pod) group_left (zone)'
            ' (y{job=~"album|artist|search"}))',
            id="many to one",
        ),
    ],
)
def test_what_differs_in_one_label_is_asked_together(written, together):
    (template, _), *_ = found = shared(about(written))
    assert [value for _, value in found] == list(JOBS)
    assert {one for one, _ in found} == {template}
    assert template.about("|".join(JOBS)) == together


@pytest.mark.parametrize(
    "written",
    [
        pytest.param('sum(x{job="$job"}) or vector(0)', id="a vector without labels"),
        pytest.param('sum(x{job="$job"}) / sum(y)', id="a selector without the label"),
        pytest.param('sum(x{job="$job"}) / sum(y{job="album"})', id="another service's series"),
        pytest.param('sum(x{job=~"$job"})', id="a regular expression"),
        pytest.param('sum(x{job="$job",job!="b"})', id="two matchers of the label"),
        pytest.param('sum without (job) (x{job="$job"})', id="the label taken away"),
        pytest.param('sum(x{job="$job"}) / ignoring (job) sum(y{job="$job"})', id="the label ignored"),
        pytest.param('sum(x{job="$job"}) / y{job="$job"}', id="sides that never met"),
        pytest.param('sum(label_replace(x{job="$job"}, "job", "b", "", ""))', id="the label rewritten"),
        pytest.param('sum(absent(x{job="$job"}))', id="series made up"),
        pytest.param('sum(x{job="$job"} @ end())', id="a fixed time"),
        pytest.param('count_values("job", x{job="$job"})', id="a value as label"),
        pytest.param("sum(x)", id="no label"),
    ],
)
def test_what_could_be_another_number_is_asked_alone(written):
    assert shared(about(written)) == [None] * len(JOBS)


def test_an_expression_like_no_other_is_asked_alone():
    lonely = 'max(rate(x{job="album"}[1m]))'
    found = shared([*about('sum(rate(x{job="$job"}[1m]))'), lonely])
    assert [one is None for one in found] == [False, False, False, True]


def test_the_label_that_most_have_in_common_is_kept_apart():
    found = shared([f'sum(x{{zone="eu",job="{job}"}})' for job in JOBS] + ['sum(x{zone="us",job="album"})'])
    assert [one and (one[0].label, one[1]) for one in found[:3]] == [("job", job) for job in JOBS]


def test_slos_of_written_expressions_share_queries_and_a_culprit_can_still_be_found():
    text = (
        "{promql: {bad: 'sum(increase(failed_total{job=\"$job\"}[$window]))',"
        " total: 'sum(increase(jobs_total{job=\"$job\"}[$window]))'}}"
    )
    services = [a_service(job, slos=(an_slo(sli=parse_sli(text.replace("$job", job))),)) for job in JOBS]
    odd = a_service("odd", slos=(an_slo(sli=parse_sli("{promql: {bad: 'a', total: 'b'}}")),))
    planned = plan([ServiceSlo(a_squad(), one, one.slos[0]) for one in [*services, odd]], tick=60)
    assert [type(query) for query in planned.queries].count(SharedQuery) == 2
    assert [type(query) for query in planned.queries].count(WrittenQuery) == 2
    query = next(one for one in planned.queries if isinstance(one, SharedQuery))
    first, second = query.halves()
    assert planned.ids(first) == ("album/availability",)
    assert planned.ids(second) == ("artist/availability", "search/availability")
    assert "artist|search" in second.promql


def test_a_value_is_taken_for_what_it_is_and_no_pattern():
    found = shared(['sum(x{job="a.b"})', 'sum(x{job="c|d"})'])
    service = [
        a_service(f"s{n}", slos=(an_slo(sli=parse_sli(f"{{promql: {{bad: 'sum(x{{job=\"{v}\"}})', total: 'sum(y{{job=\"{v}\"}})'}}}}")),))
        for n, v in enumerate(("a.b", "c|d"))
    ]  # fmt: skip
    planned = plan([ServiceSlo(a_squad(), one, one.slos[0]) for one in service], tick=60)
    assert all(found)
    assert all(r"a\\.b|c\\|d" in query.promql for query in planned.queries)
