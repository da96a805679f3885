"""Panels drawn from answers made up for them: what a person must be able to read in the picture."""

import json
import math
import re
import xml.etree.ElementTree as ET

from support.catalogs import a_catalog, a_service, an_slo, latency

from observatory.catalog import Use
from observatory.measurement import Answer
from observatory.outputs.dashboards import dashboard_files
from observatory.outputs.preview import TimeRange, html, picture, read
from observatory.outputs.preview.panels import body
from observatory.outputs.preview.series import rows_of

SPAN = TimeRange(0, 3600, scrape=60)
SIZE = (500.0, 220.0)
FILES = dashboard_files(
    a_catalog(
        a_service(
            slos=(an_slo(), an_slo("latency", objective="99", sli=latency())),
            uses=(Use(kind="memcached", selector={"job": "cache"}),),
        )
    )
)
SERVICE, SQUAD, ORGANISATION = (
    read(FILES[path]) for path in ("playlists/playlist.json", "playlists/_squad.json", "organisation.json")
)


def panel(board, title):
    return next(one for one in board.panels if one.title == title)


def drawn(board, title, *answers):
    one = panel(board, title)
    given = [*answers, *[Answer.of([])] * (len(one.asked) - len(answers))]
    svg = body(one, given, SPAN, SIZE)
    ET.fromstring(f"<svg>{svg}</svg>".replace("xmlns:xlink", "x"))  # noqa: S314 - ours; well-formed or it raises
    return svg


def words(svg):
    return re.findall(r">([^<>]+)</text>", svg)


def one(value, **labels):
    return Answer.of([(labels, [(3600, value)])])


def over_time(values, **labels):
    return Answer.of([(labels, [(60 * number, value) for number, value in enumerate(values)])])


def test_a_figure_has_its_unit_and_the_colour_of_its_threshold():
    good, bad = (drawn(SERVICE, "Budget left", one(value)) for value in (0.5, -0.09))
    assert (words(good), "#73bf69" in good) == (["50.0%"], True)
    assert (words(bad), "#f2495c" in bad) == (["-9.0%"], True)


def test_nothing_and_nan_are_no_data_and_have_no_colour_of_good_or_bad():
    for answer in (Answer.of([]), one(math.nan)):
        svg = drawn(SERVICE, "Budget left", answer)
        assert words(svg) == ["no data"]
        assert "#73bf69" not in svg
        assert "#f2495c" not in svg


def test_a_mapped_range_is_shown_as_its_text():
    assert words(drawn(SERVICE, "Gone in", one(400 * 86_400))) == ["not in sight"]
    assert words(drawn(SERVICE, "Gone in", one(86_400 + 7_200))) == ["1 d 02 h"]


def test_states_have_names_and_counts():
    assert words(drawn(SERVICE, "State", one(1, state="at_risk"))) == ["at risk"]
    answer = Answer.of([({"state": "healthy"}, [(3600, 3)]), ({"state": "breached"}, [(3600, 1)])])
    svg = drawn(ORGANISATION, "SLOs by state", answer)
    assert words(svg) == ["healthy", "3", "breached", "1"]
    assert "#f2495c" in svg


def test_lines_have_a_legend_with_last_and_greatest():
    svg = drawn(SERVICE, "Burn rate", over_time([1, 20, 2]))
    assert words(svg)[-3:] == ["1h", "2×", "20×"]


def test_thresholds_are_drawn_where_they_lie_within_what_is_shown():
    low, high = (drawn(SERVICE, "Burn rate", over_time([0, top])) for top in (2, 20))
    assert low.count('stroke-dasharray="2,2"') == 1
    assert high.count('stroke-dasharray="2,2"') == 4


def test_a_gap_stays_a_gap():
    points = [(0, 1.0), (60, 1.0), (1800, 1.0), (1860, 1.0)]
    svg = drawn(SERVICE, "Budget left over time", Answer.of([({}, points)]))
    line = next(path for path in re.findall(r'<path [^>]*stroke="#73bf69"[^>]*>', svg))
    assert re.search(r' d="([^"]*)"', line)[1].count("M") == 2


def test_a_timeline_leaves_out_what_was_not_measured():
    answer = Answer.of([({}, [(0, 0.0), (60, 0.0), (1800, 1.0), (1860, 1.0)])])
    svg = drawn(SERVICE, "Open alerts", answer)
    bands = re.findall(r'<rect x="([\d.]+)" y="2.0" width="([\d.]+)"[^>]* fill="(#\w+)"', svg)
    assert [color for *_, color in bands] == ["#73bf69", "#f2495c"]
    assert words(svg) == ["page", "open", "quiet"]


def test_a_table_merges_queries_by_their_labels_and_sorts_the_worst_first():
    table = panel(SQUAD, "SLOs, worst budget first")
    slos = [{"service": "playlist", "slo": name} for name in ("availability", "latency")]
    answers = [Answer.of([(labels, [(3600, value)]) for labels, value in zip(slos, values, strict=True)])
               for values in ((0.999, 0.99), (0.9985, 0.995), (0.6, -0.2))]  # fmt: skip
    states = Answer.of([(labels | {"state": "healthy"}, [(3600, 1)]) for labels in slos])
    headings, rows = rows_of(table, [*answers, Answer.of([]), Answer.of([]), states])
    assert headings == [
        "Service",
        "SLO",
        "State",
        "Objective",
        "Good",
        "Budget left",
        "Change in a day",
        "Burn, 1 h",
    ]
    assert rows == [
        ["playlist", "latency", "healthy", 0.99, 0.995, -0.2, None, None],
        ["playlist", "availability", "healthy", 0.999, 0.9985, 0.6, None, None],
    ]


def test_a_whole_dashboard_becomes_a_page_and_a_picture_even_without_any_data():
    for board in (SERVICE, SQUAD, ORGANISATION):
        nothing = [[Answer.of([]) for _ in one.asked] for one in board.panels]
        page, svg = html(board, nothing, SPAN)
        assert page.startswith("<!doctype html>")
        assert svg in page
        assert re.findall(r'(?:src|href)="[^#]', page) == []
        assert picture(svg).startswith(b"\x89PNG")
        shown = words(svg)
        assert {one.title for one in board.panels} <= {
            word.replace("&amp;", "&").replace("&#x27;", "'") for word in shown
        }


def test_markup_in_a_name_is_text():
    board = read(json.dumps(json.loads(FILES["organisation.json"]) | {"title": "<script>alert(1)</script>"}))
    page, _ = html(board, [[Answer.of([]) for _ in one.asked] for one in board.panels], SPAN)
    assert "<script>" not in page


def test_the_rate_interval_is_grafanas():
    assert TimeRange(0, 86_400, scrape=15).rate_interval == 108 + 15
    assert TimeRange(0, 3_600, scrape=15).filled("rate(x[$__rate_interval])") == "rate(x[60s])"
