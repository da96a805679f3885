import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from observatory.outputs.findings import Finding, Level, located

TEXT = """\
{
  "title": "a \\"quoted\\" [thing]",
  "panels": [
    {"id": 1, "targets": []},
    {
      "id": 2,
      "targets": [
        {"expr": "up{}"},
        {"expr":
          "down"}
      ]
    }
  ]
}
"""


def line(path, text=TEXT, file="x.json"):
    (found,) = located([Finding("r", Level.ERROR, file, "m", path=path)], text)
    return found.line


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param((), 1, id="the document"),
        pytest.param(("title",), 2, id="a key"),
        pytest.param(("panels", 0, "id"), 4, id="inside one line"),
        pytest.param(("panels", 1), 5, id="an item"),
        pytest.param(("panels", 1, "targets", 1, "expr"), 9, id="deep"),
        pytest.param(("panels", 1, "unit"), 5, id="a missing key is where it should be"),
        pytest.param(("panels", 7), 3, id="a missing item"),
        pytest.param(("title", "x"), 2, id="below a text"),
    ],
)
def test_lines_of_json(path, expected):
    assert line(path) == expected


def test_lines_of_yaml():
    text = "groups:\n  - name: a\n    rules:\n      - alert: B\n        expr: up\n"
    assert line(("groups", 0, "rules", 0, "expr"), text, "x.yml") == 5
    assert line(("groups", 0, "rules", 0, "labels"), text, "x.yml") == 4


@given(
    st.recursive(
        st.integers() | st.text(), lambda v: st.lists(v) | st.dictionaries(st.text(), v), max_leaves=20
    )
)
def test_every_key_of_any_json_is_found_where_yaml_finds_it_or_python_put_it(value):
    text = json.dumps(value, indent=1)

    def paths(node, path):
        yield path
        items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
        for key, item in items:
            yield from paths(item, (*path, key))

    lines = [line(path, text) for path in paths(value, ())]
    assert lines == sorted(lines)
    assert all(1 <= number <= text.count("\n") + 1 for number in lines)


def test_a_text_that_is_cut_short_has_lines_as_far_as_it_goes():
    assert line(("panels", 1, "targets", 1, "expr"), TEXT[:90]) <= 6
    assert line(("a",), "a: [", "x.yml") == 1
    assert yaml.safe_load(TEXT)["panels"][1]["id"] == 2
