import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from support.buckets import assert_same, buckets, some_buckets

from observatory.errors import DefinitionError
from observatory.measurement import FIELDS, Buckets, pack, packed_slos, unpack

NOON = 1_780_000_000 // 3600 * 3600


@given(
    st.integers(0, 5).flatmap(
        lambda rows: st.lists(
            st.from_regex(r"[a-zé-]+/[a-z]+", fullmatch=True), unique=True, max_size=4
        ).flatmap(lambda slos: buckets(rows=rows, slos=slos, end=NOON))
    )
)
def test_unpacking_gives_what_was_packed(given_buckets):
    assert_same(unpack(pack(given_buckets)), given_buckets)
    assert packed_slos(pack(given_buckets)) == given_buckets.slos


@given(arrays(np.float64, (2, 3), elements=st.floats(allow_nan=False)))
def test_any_number_survives(values):
    slos = ("a/x", "b/x", "c/x")
    packed = Buckets(60, np.array([60, 120]), slos, **dict.fromkeys(FIELDS, values))
    unpacked = unpack(pack(packed))
    assert_same(unpacked, packed)
    np.testing.assert_array_equal(np.signbit(unpacked.bad), np.signbit(values))


def test_a_day_of_ten_slos_takes_few_bytes_a_bucket():
    random = np.random.default_rng(7)
    total = random.poisson(3000, (1440, 10))
    day = some_buckets(end=NOON, slos=[f"service-{n}/availability" for n in range(10)], total=total)
    assert len(pack(day)) < 3 * total.size


@pytest.mark.parametrize(
    ("damaged", "message"),
    [
        pytest.param(b"", "begin with b''", id="nothing"),
        pytest.param(b"SQLite format 3", "not packed buckets", id="another-format"),
        pytest.param(pack(some_buckets(end=NOON))[:-9], "damaged", id="cut-off"),
        pytest.param(pack(some_buckets(end=NOON))[:5], "damaged", id="header-only"),
    ],
)
def test_damaged_bytes_are_named_as_such(damaged, message):
    with pytest.raises(DefinitionError, match=message):
        unpack(damaged)


@pytest.mark.parametrize("damaged", [b"", b"SQLite format 3", pack(some_buckets(end=NOON))[:5]])
def test_the_ids_of_damaged_bytes_are_not_guessed(damaged):
    with pytest.raises(DefinitionError, match="packed buckets"):
        packed_slos(damaged)
