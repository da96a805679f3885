"""Annotations as they are drawn: stretches, moments, and nothing beyond what is shown."""

import json

from support.catalogs import a_catalog

from observatory.measurement import Answer
from observatory.outputs.dashboards import dashboard_files
from observatory.outputs.preview import TimeRange, html, read
from observatory.outputs.preview.marks import Mark, Marked, marked

SPAN = TimeRange(0, 3600, scrape=60)
ALERT, DEPLOY = (
    Mark("Alerts", "x", "red", value_is_time=False),
    Mark("Deploys", "y", "blue", value_is_time=True),
)


def spans(mark, *series):
    answer = Answer.of([({"n": str(number)}, points) for number, points in enumerate(series)])
    return marked(mark, answer, start=SPAN.start, end=SPAN.end, step=60).spans


def test_a_stretch_lasts_as_long_as_there_are_values():
    assert spans(ALERT, [(60, 1), (120, 1), (600, 1), (660, 1)]) == [(60, 120), (600, 660)]


def test_stretches_of_two_series_are_two():
    assert spans(ALERT, [(60, 1), (120, 1)], [(120, 1), (180, 1)]) == [(60, 120), (120, 180)]


def test_a_value_that_is_a_time_is_a_moment_and_told_once():
    assert spans(DEPLOY, [(60, 30_000), (120, 30_000), (180, 170_000)]) == [(30, 30), (170, 170)]


def test_what_happened_before_is_not_shown():
    assert spans(DEPLOY, [(60, -5_000.0), (120, float("nan"))]) == []


def test_marks_are_on_the_charts_and_named_at_the_top():
    board = read(dashboard_files(a_catalog())["playlists/playlist.json"])
    assert {"Alerts", "Deploys and restarts"} <= {mark.name for mark in board.marks}
    line = Answer.of([({}, [(60 * number, 1.0) for number in range(60)])])
    answers = [[line for _ in panel.asked] for panel in board.panels]
    bare, marks = (
        html(board, answers, SPAN, marks=marks)[0] for marks in ((), [Marked("Alerts", "red", [(600, 1200)])])
    )
    assert ">Alerts</text>" not in bare
    assert ">Alerts</text>" in marks
    charts = sum(panel.kind == "timeseries" for panel in board.panels)
    assert marks.count("#f2495c") - bare.count("#f2495c") >= charts


def test_annotations_of_grafanas_own_are_not_asked_of_prometheus():
    own = {
        "name": "Flags",
        "datasource": {"type": "grafana", "uid": "-- Grafana --"},
        "target": {"type": "tags"},
    }
    assert read(json.dumps({"title": "x", "panels": [], "annotations": {"list": [own]}})).marks == []
