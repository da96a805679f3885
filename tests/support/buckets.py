"""Buckets for tests: given ones, and hypothesis strategies."""

from collections.abc import Sequence

import numpy as np
from hypothesis import strategies as st

from observatory.measurement import FIELDS, Buckets


def some_buckets(
    *, seconds: int = 60, end: int, slos: Sequence[str] = ("playlist/availability",), **fields
) -> Buckets:
    """Buckets whose last one ends at `end`; a field not given is 0, `measured` the whole bucket.

    A field is a (T, N) nested list, or a (T,) list that is meant for every SLO.
    """
    given = {name: np.asarray(values, dtype=float) for name, values in fields.items()}
    rows = max((len(values) for values in given.values()), default=1)
    zeros = np.zeros((rows, len(slos)))
    columns = {name: zeros.copy() for name in FIELDS} | {"measured": np.full_like(zeros, seconds)}
    for name, values in given.items():
        columns[name] = zeros + (values if values.ndim == 2 else values[:, None])
    return Buckets(
        seconds=seconds, ends=end - seconds * np.arange(rows - 1, -1, -1), slos=tuple(slos), **columns
    )


def buckets(*, seconds: int = 60, rows: int, slos: Sequence[str], end: int) -> st.SearchStrategy[Buckets]:
    """Buckets of whole counts, some seconds of which were measured.

    Thousands of cells drawn one by one would be slow, so what is drawn is where they come from.
    """
    shape = (rows, len(slos))

    def build(seed: int, density: float) -> Buckets:
        random = np.random.default_rng(seed)

        def counts() -> np.ndarray:
            there = random.random(shape) < density
            return np.where(there, random.integers(0, 10**6, shape, endpoint=True), 0).astype(float)

        bad, good = counts(), counts()
        total = bad + good
        measured = random.choice([0.0, float(seconds)], shape)
        return Buckets(
            seconds=seconds,
            ends=end - seconds * np.arange(rows - 1, -1, -1),
            slos=tuple(slos),
            bad=bad,
            total=total,
            measured=measured,
            idle=seconds - measured,
            bad_ticks=(bad > 0).astype(float),
            clumping=np.divide(bad**2, total, out=np.zeros(shape), where=total > 0),
        )

    return st.builds(build, st.integers(0, 2**32 - 1), st.sampled_from([0.0, 0.1, 1.0]))


def assert_same(left: Buckets, right: Buckets) -> None:
    """Equal in every field, bit for bit."""
    assert left.seconds == right.seconds
    assert left.slos == right.slos
    np.testing.assert_array_equal(left.ends, right.ends)
    for name in FIELDS:
        np.testing.assert_array_equal(getattr(left, name), getattr(right, name), err_msg=name)
