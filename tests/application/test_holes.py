import pytest
from hypothesis import given
from hypothesis import strategies as st

from observatory.application.holes import NEAR, Hole, Holes

H = 3600


def spans(holes, slo="a"):
    return sorted((hole.after // H, hole.until // H) for hole in holes if slo in hole.slos)


@pytest.mark.parametrize(
    ("dug", "found"),
    [
        pytest.param([(0, 2), (1, 4)], [(0, 4)], id="overlapping"),
        pytest.param([(0, 2), (2, 4)], [(0, 4)], id="touching"),
        pytest.param([(0, 2), (3, 4)], [(0, 4)], id="an hour apart"),
        pytest.param([(0, 2), (5, 6)], [(0, 2), (5, 6)], id="far apart"),
        pytest.param([(5, 6), (0, 9)], [(0, 9)], id="one inside the other"),
        pytest.param([(3, 3), (4, 2)], [], id="empty"),
    ],
)
def test_holes_that_are_near_are_one(dug, found):
    holes = Holes()
    for after, until in dug:
        holes.dig(["a"], after=after * H, until=until * H)
    assert spans(holes) == found


@pytest.mark.parametrize(
    ("filled", "left"),
    [
        pytest.param((0, 9), [], id="whole"),
        pytest.param((6, 9), [(2, 6)], id="its newest end"),
        pytest.param((0, 4), [(4, 8)], id="its oldest end"),
        pytest.param((4, 6), [(2, 4), (6, 8)], id="its middle"),
        pytest.param((8, 9), [(2, 8)], id="beside it"),
    ],
)
def test_what_was_filled_is_open_no_more(filled, left):
    holes = Holes()
    holes.dig(["a"], after=2 * H, until=8 * H)
    holes.fill(["a"], after=filled[0] * H, until=filled[1] * H)
    assert spans(holes) == left
    assert len(holes) == len(left)


def test_the_newest_come_first_and_those_of_many_slos_are_one():
    holes = Holes()
    holes.dig(["a", "b"], after=0, until=H)
    holes.dig(["b"], after=9 * H, until=10 * H)
    assert list(holes) == [Hole(9 * H, 10 * H, ("b",)), Hole(0, H, ("a", "b"))]


def test_holes_of_other_slos_are_forgotten():
    holes = Holes()
    holes.dig(["a", "b"], after=0, until=H)
    holes.keep(["b"])
    assert list(holes) == [Hole(0, H, ("b",))]


points = st.integers(0, 30)


@given(st.lists(st.tuples(st.booleans(), points, points), max_size=12))
def test_every_second_that_was_dug_last_is_open(moves):
    """Filling opens nothing and digging closes nothing; what is joined over was at most NEAR."""
    holes, truth = Holes(), set()
    for dig, after, until in moves:
        hours = set(range(after, until))
        if dig:
            holes.dig(["a"], after=after * H, until=until * H)
            truth |= hours
        else:
            holes.fill(["a"], after=after * H, until=max(after, until) * H)
            truth -= hours
    is_open = {hour for first, last in spans(holes) for hour in range(first, last)}
    assert truth <= is_open
    assert NEAR == H
