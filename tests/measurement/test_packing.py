import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from support.buckets import assert_same, buckets, some_buckets

from observatory.errors import DefinitionError
from observatory.measurement import FIELDS, Buckets, pack, packed_slos, unpack

NOON = 1_780_000_000 // 3600 * 3600
WITH_ZLIB = "4f42317801b361606060026246206606e244fd0a1b20050215100a483231a6e80055d8c06418180058dc030b"
"""Of a database of then: a/x, two of three hundred events were bad in the second minute, none of a hundred in the first."""


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
        pytest.param(pack(some_buckets(end=NOON))[:-1] + b"?", "damaged", id="one-byte-is-another"),
    ],
)
def test_damaged_bytes_are_named_as_such(damaged, message):
    with pytest.raises(DefinitionError, match=message):
        unpack(damaged)


def test_what_was_packed_before_zstandard_is_read():
    packed = bytes.fromhex(WITH_ZLIB)
    assert packed_slos(packed) == ("a/x",)
    assert unpack(packed).total[:, 0].tolist() == [100, 300]
    assert unpack(packed).bad[:, 0].tolist() == [0, 2]


@pytest.mark.parametrize("damaged", [b"", b"SQLite format 3", pack(some_buckets(end=NOON))[:5]])
def test_the_ids_of_damaged_bytes_are_not_guessed(damaged):
    with pytest.raises(DefinitionError, match="packed buckets"):
        packed_slos(damaged)
