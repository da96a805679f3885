import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from importlib.resources import files

import pytest
from support.catalogs import a_catalog, a_service, an_slo
from support.evaluations import evaluation_of
from support.views import AT, a_status, hours

from observatory.catalog import Calendar, Timeslices
from observatory.entrypoints.portal import figures
from observatory.entrypoints.portal.words import (
    INCIDENT_LOOKS,
    LOOKS,
    budget_words,
    burn_words,
    explain,
    method_words,
    time_left,
)
from observatory.evaluation import BudgetPoint, State

ENTRY = next(a_catalog().slos())
CSS = (files("observatory.entrypoints.portal") / "static" / "portal.css").read_text()


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (None, "no data"),
        (0, "0"),
        (7.5, "7.5"),
        (950, "950"),
        (1234, "1.2 k"),
        (30_000, "30 k"),
        (123_456, "123 k"),
        (28_512_000, "28.5 M"),
        (4e9, "4 G"),
    ],
)
def test_events_are_written_in_three_digits_and_a_unit(number, text):
    assert figures.events(number).replace("\u00a0", " ") == text


@pytest.mark.parametrize(
    ("ratio", "length"), [(None, 0.0), (-0.5, 0.0), (0.0, 0.0), (0.104, 10.4), (1.0, 100.0), (1.7, 100.0)]
)
def test_a_budget_bar_is_never_longer_than_its_track(ratio, length):
    assert figures.ratio_bar(ratio) == length


@pytest.mark.parametrize(
    ("rate", "length"), [(None, 0.0), (0.0, 0.0), (7.2, 37.5), (14.4, 75.0), (99.0, 100.0)]
)
def test_a_burn_bar_reaches_its_mark_at_the_threshold(rate, length):
    assert figures.burn_bar(rate, 14.4) == length


def test_a_sparkline_breaks_where_nothing_was_measured():
    points = [BudgetPoint(AT, left, 0, 0) for left in (1.0, 0.5, None, None, 0.5, -3.0)]
    first, second = figures.sparkline(points)
    assert (first, second) == ("16.0,1.0 32.0,12.0", "80.0,12.0 96.0,23.0")
    assert figures.sparkline([]) == []


def test_a_sparkline_of_a_month_ends_with_the_newest_hour_and_stays_small():
    (line,) = figures.sparkline(hours(0.001, spikes={719: 900}))
    assert line.endswith(",23.0")
    assert line.count(",") <= 49


@pytest.mark.parametrize(
    ("remaining", "burn", "expected"),
    [
        pytest.param(0.5, 15.0, timedelta(days=1), id="burning"),
        pytest.param(0.5, 1.0, None, id="sustainable"),
        pytest.param(0.5, None, None, id="burn-unknown"),
        pytest.param(None, 15.0, None, id="budget-unknown"),
        pytest.param(0.0, 15.0, None, id="gone"),
        pytest.param(-0.5, 15.0, None, id="overspent"),
    ],
)
def test_the_budget_lasts_what_is_left_divided_by_the_burn(remaining, burn, expected):
    assert time_left(replace(a_status(ENTRY), remaining=remaining, burn={"1h": burn})) == expected


def test_an_overspent_budget_is_told_by_how_much_it_is_overspent():
    status = replace(a_status(ENTRY), budget=1000.0, affordable=-250.0, remaining=-0.25, budget_minutes=40.0)
    words = budget_words(ENTRY, status).replace("\u00a0", " ")
    assert words == "250 more failures than the 1 k allowed, as much as 10 min of full outage"


@pytest.mark.parametrize(
    ("burn", "words"),
    [
        (0.4, "sustainable"),
        (1.0, "sustainable"),
        (60.0, "gone in about 6 h"),
        (1.1, "more than the budget bears"),
    ],
)
def test_a_burn_is_told_by_what_it_means(burn, words):
    status = replace(a_status(ENTRY), remaining=0.5 if burn > 2 else 1.0, burn={"1h": burn})
    assert words in burn_words(replace(status, remaining=-0.1) if burn == 1.1 else status).replace(
        "\u00a0", " "
    )


def test_every_state_has_a_look_and_no_two_share_label_and_symbol():
    assert set(LOOKS) == set(State)
    looks = [*LOOKS.values(), *INCIDENT_LOOKS.values()]
    assert len({(look.label, look.symbol) for look in looks}) == len(looks)


def contrast(one, other):
    """WCAG 2's contrast ratio of two #rrggbb colours."""

    def luminance(colour):
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_colour_of_text_can_be_read_on_every_ground(scheme):
    blocks = re.findall(r":root \{(.*?)\}", CSS, re.DOTALL)
    colours = dict(re.findall(r"--(\w+): (#[0-9a-f]{6});", blocks[["light", "dark"].index(scheme)]))
    words = ("text", "faint", "link", "good", "warn", "bad", "calm", "unknown")
    grounds = ("page", "surface", "raised")
    poor = {
        (word, ground)
        for word in words
        for ground in grounds
        if contrast(colours[word], colours[ground]) < 4.5
    }
    assert poor == set()


def test_contrast_is_measured_as_wcag_does():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


MONTH = Calendar(calendar="month", timezone="Europe/Stockholm")
MINUTES = Timeslices(slice=timedelta(minutes=1), target=Decimal(95))
OF_MONTH = next(a_catalog(a_service(slos=(an_slo(window=MONTH, method=MINUTES),))).slos())


@pytest.mark.parametrize(
    ("entry", "remaining", "burn", "words"),
    [
        pytest.param(ENTRY, 0.5, 0.5, "It keeps its promise over the last 30 d.", id="rolling"),
        pytest.param(OF_MONTH, 0.5, 0.5, "It keeps its promise this month.", id="calendar"),
        pytest.param(
            OF_MONTH,
            -0.5,
            0.5,
            "More failed this month than the objective allows. It begins anew in about 13 d.",
            id="gone until the next",
        ),
        pytest.param(
            OF_MONTH, 0.5, 1.1, "It keeps its promise this month.", id="it lasts until the month ends"
        ),
    ],
)
def test_a_calendar_window_is_this_one_and_ends(entry, remaining, burn, words):
    state = State.BREACHED if remaining < 0 else State.HEALTHY
    status = replace(
        evaluation_of(entry).status(entry.id), state=state, remaining=remaining, burn={"1h": burn, "5m": burn}
    )
    assert explain(entry, status).replace("\u00a0", " ") == words


def test_slices_are_told_as_slices():
    status = evaluation_of(OF_MONTH).status(OF_MONTH.id)
    assert "44 of 45" in budget_words(OF_MONTH, status).replace("\u00a0", " ")
    assert "bad slices may still happen" in budget_words(OF_MONTH, status)
    assert (
        method_words(OF_MONTH)
        .replace("\u00a0", " ")
        .startswith("A slice of 1 min is good when at least 95 %")
    )
    assert method_words(ENTRY) is None
