import subprocess

import pytest
import yaml
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from observatory.catalog import Matcher, Selector, parse_selector
from observatory.errors import DefinitionError

LABELS = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)
MATCHERS = st.builds(Matcher, LABELS, st.sampled_from(["=", "!="]), st.text(max_size=12)) | st.builds(
    Matcher,
    LABELS,
    st.sampled_from(["=~", "!~"]),
    st.sampled_from(["5..", "a|b", ".+", r"\d{3}", "(?i)x", ""]),
)
SELECTORS = st.builds(
    Selector,
    st.from_regex(r"[a-z_:][a-z0-9_:]{3,20}", fullmatch=True).map(lambda name: f"m_{name}"),
    st.frozensets(MATCHERS, max_size=4).map(lambda matchers: tuple(sorted(matchers))),
)


@pytest.mark.parametrize(
    ("text", "selector"),
    [
        pytest.param("up", Selector("up"), id="a metric alone"),
        pytest.param(" up {} ", Selector("up"), id="empty braces and spaces"),
        pytest.param("job:errors:rate5m", Selector("job:errors:rate5m"), id="a recorded series"),
        pytest.param('{__name__="up"}', Selector("up"), id="the name as a matcher"),
        pytest.param('{"up", a="b"}', Selector("up", (Matcher("a", "=", "b"),)), id="the name in quotes"),
        pytest.param("x{a='\"'}", Selector("x", (Matcher("a", "=", '"'),)), id="single quotes"),
        pytest.param(
            'x{b!~"c", a=~"5..",}',
            Selector("x", (Matcher("a", "=~", "5.."), Matcher("b", "!~", "c"))),
            id="matchers are sorted",
        ),
        pytest.param('x{a="b",a="b"}', Selector("x", (Matcher("a", "=", "b"),)), id="once is enough"),
        pytest.param('x{a=""}', Selector("x", (Matcher("a", "=", ""),)), id="without the label"),
    ],
)
def test_a_selector_is_taken_apart(text, selector):
    assert parse_selector(text) == selector


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("", "not valid PromQL: no expression", id="nothing"),
        pytest.param('x{a="b"', "unexpected end of input inside braces", id="an open brace"),
        pytest.param("x{a=b}", "expected string", id="a value without quotes"),
        pytest.param('x{a=~"("}', "illegal regex", id="a regular expression that is none"),
        pytest.param('x{a=~"(?=b)"}', "illegal regex", id="a look-ahead, which RE2 has not"),
        pytest.param("{}", "at least one non-empty matcher", id="everything there is"),
        pytest.param('{job=~".*"}', "at least one non-empty matcher", id="everything, said at length"),
        pytest.param('{job="a"}', "names exactly one metric", id="no metric"),
        pytest.param('{__name__=~"a|b"}', "names exactly one metric", id="several metrics"),
        pytest.param('{__name__="a",__name__="b"}', "names exactly one metric", id="two names"),
        pytest.param('{__name__="",a="b"}', "a metric name is", id="an empty name"),
        pytest.param('{"http.requests"}', "a metric name is", id="a name that needs quotes"),
        pytest.param('x{"a.b"="c"}', "a label name is", id="a label that needs quotes"),
        pytest.param('x{a=~".*"}', "selects every series; leave it out", id="a matcher that selects all"),
        pytest.param('x{a!~".*"}', "selects nothing", id="a matcher that selects none"),
        pytest.param('x{a="b" or c="d"}', "`or` between matchers", id="or"),
        pytest.param("x offset 5m", "without `offset`", id="offset"),
        pytest.param("x @ 12", "without `offset` and `@`", id="at"),
        pytest.param("+x", "no sign", id="a sign"),
        pytest.param("x[5m]", "more than a selector", id="a range"),
        pytest.param("sum(rate(x[5m]))", "more than a selector", id="a query"),
        pytest.param("(x)", "more than a selector", id="brackets"),
        pytest.param("x or y", "more than a selector", id="two"),
        pytest.param("1", "more than a selector", id="a number"),
        pytest.param("x" * 1001, "at most 1000 characters", id="too long"),
    ],
)
def test_what_is_no_plain_selector_is_refused_with_the_reason(text, said):
    with pytest.raises(DefinitionError) as refusal:
        parse_selector(text)
    assert said in str(refusal.value)


@pytest.mark.parametrize("nested", ["(", "-", "!", "{", "x and -"])
def test_nesting_does_not_end_the_process(nested):
    with pytest.raises(DefinitionError):
        parse_selector(nested * (999 // len(nested)) + "x")
    with pytest.raises(DefinitionError):
        parse_selector(nested * 200_000 + "x")


def test_where_narrows_and_stays_sorted():
    narrowed = parse_selector('x{b="c"}').where(Matcher("a", "=", "b"), Matcher("b", "=", "c"))
    assert str(narrowed) == 'x{a="b",b="c"}'


@given(SELECTORS)
@settings(deadline=None)
def test_what_is_written_is_read_back(selector):
    assert parse_selector(str(selector)) == selector


@given(st.lists(SELECTORS, min_size=20, max_size=60))
@settings(deadline=None, max_examples=4, phases=[Phase.generate])
def test_prometheus_reads_what_is_written(tmp_path_factory, selectors):
    rules = tmp_path_factory.mktemp("rules") / "rules.yml"
    listed = [{"record": f"r{index}", "expr": str(selector)} for index, selector in enumerate(selectors)]
    rules.write_text(yaml.safe_dump({"groups": [{"name": "g", "rules": listed}]}))
    checked = subprocess.run(
        ["promtool", "check", "rules", rules], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
