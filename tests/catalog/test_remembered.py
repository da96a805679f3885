from datetime import UTC, datetime

import pytest
from support.catalogs import a_catalog, a_service

from observatory.catalog import InvalidCatalog, parse_remembered

CATALOG = a_catalog(a_service("playlist"), a_service("search"))
YAML = """\
- service: search
  start: 2026-03-02T10:00:00+01:00
  end: 2026-03-02T11:30:00+01:00
  title: "index lost, again"
- {service: playlist, slo: availability, start: 2026-03-01T12:00:00Z, end: 2026-03-01 12:40:00Z}
"""
CSV = """\
service,slo,start,end,title
search,,2026-03-02T10:00:00+01:00,2026-03-02T11:30:00+01:00,"index lost, again"

playlist,availability,2026-03-01T12:00:00Z,2026-03-01 12:40:00Z,
"""


@pytest.mark.parametrize(
    ("file", "text"),
    [
        pytest.param("past.yml", YAML, id="yaml"),
        pytest.param("past.csv", CSV, id="csv"),
        pytest.param("past.csv", "\ufeff" + CSV, id="csv-from-a-spreadsheet"),
    ],
)
def test_a_list_and_a_table_say_the_same(file, text):
    first, second = parse_remembered(file, text.encode(), CATALOG)

    assert (first.service, first.slo, first.title) == ("playlist", "availability", "")
    assert first.end == datetime(2026, 3, 1, 12, 40, tzinfo=UTC)
    assert (second.service, second.slo, second.title) == ("search", None, "index lost, again")
    assert second.start == datetime(2026, 3, 2, 9, tzinfo=UTC)


def problems(file, text):
    with pytest.raises(InvalidCatalog) as caught:
        parse_remembered(file, text.encode(), CATALOG)
    return [(str(one.place), one.rule) for one in caught.value.problems]


def test_everything_that_is_wrong_is_told_at_once_and_where():
    text = """\
- {service: playlst, start: 2026-03-01T12:00:00Z, end: 2026-03-01T13:00:00Z}
- {service: playlist, slo: speed, start: 2026-03-01T12:00:00, end: yesterday}
- {service: playlist, slo: speed, start: 2026-03-01T12:00:00Z, end: 2026-03-01T11:00:00Z}
- {service: playlist, start: 2026-03-01T12:00:00Z, until: x}
- nonsense
"""
    found = problems("past.yml", text)

    assert [place.split(":")[1] for place, _ in found] == ["1", "2", "2", "3", "4", "4", "5"]
    rules = " | ".join(rule for _, rule in found)
    for words in (
        "no such service",
        "the offset is missing",
        "a time is a day",
        "ends after it started",
        "unknown key",
        "end is missing",
        "is a mapping",
    ):
        assert words in rules


def test_a_table_s_problems_have_its_lines():
    found = problems(
        "past.csv", CSV + "playlist,speed,2026-03-01T12:00:00Z,2026-03-01T13:00:00Z,x\na,b,c,d,e,f\n"
    )

    assert [place.split(":")[1] for place, _ in found] == ["5", "6"]
    assert found[0][1] == "playlist promises availability"
    assert "at most as many cells" in found[1][1]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("service: playlist\n", id="one-mapping"),
        pytest.param("[{service: playlist", id="no-yaml"),
        pytest.param("a: &a [x]\nb: *c\n", id="alias"),
    ],
)
def test_what_is_no_list_is_refused(text):
    assert problems("past.yml", text)
