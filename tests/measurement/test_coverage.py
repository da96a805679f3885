"""Since when an SLO is known, and where it is not."""

import numpy as np
import pytest

from observatory.measurement import FIELDS, Buckets, Coverage

HOUR = 3600


def buckets(covered, *, idle=False):
    """Two SLOs' hours, in which so many seconds were covered."""
    table = np.array(covered, dtype=float).reshape(-1, 2)
    fields = dict.fromkeys(FIELDS, np.zeros_like(table)) | {"idle" if idle else "measured": table}
    ends = np.arange(1, len(table) + 1) * HOUR
    return Buckets(seconds=HOUR, ends=ends, slos=("album/up", "search/up"), **fields)


@pytest.mark.parametrize(
    ("covered", "since"),
    [
        pytest.param([[HOUR, HOUR]], {"album/up": 0, "search/up": 0}, id="a whole hour"),
        pytest.param([[HOUR, 60], [HOUR, HOUR]], {"album/up": 0, "search/up": HOUR - 60}, id="born in an hour's last minute"),
        pytest.param([[0, 0], [60, 0]], {"album/up": 2 * HOUR - 60}, id="one was never seen"),
        pytest.param([], {}, id="no hours"),
        pytest.param([[0, 0]], {}, id="nothing"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("idle", [False, True])
def test_an_slo_is_known_from_where_it_was_first_covered(covered, since, idle):
    assert Coverage.of(buckets(covered, idle=idle)).first_seen() == since


@pytest.mark.parametrize(
    ("covered", "gaps"),
    [
        pytest.param([[60, 60], [60, 60]], [], id="none"),
        pytest.param([[0, 0], [0, 60], [60, 1]], [], id="before anything was seen is no gap"),
        pytest.param([[60, 0], [0, 60], [60, 0]], [("album/up", 1, 2), ("search/up", 2, 3)], id="to the end"),
        pytest.param([[9, 0], [0, 0], [0, 0], [9, 0], [0, 0]], [("album/up", 1, 3), ("album/up", 4, 5)], id="two of one"),
        pytest.param([], [], id="no hours"),
        pytest.param([[0, 0]], [], id="nothing"),
    ],
)  # fmt: skip
def test_a_gap_is_where_nothing_was_seen_after_something_was(covered, gaps):
    found = Coverage.of(buckets(covered)).gaps()
    assert list(found) == [(slo, after * HOUR, until * HOUR) for slo, after, until in gaps]
