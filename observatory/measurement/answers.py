"""What Prometheus says, flat, so that a big answer is a few arrays and not a million objects."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """S series and their P points."""

    labels: Sequence[Mapping[str, str]]
    """(S,) of each series."""
    series: NDArray[np.intp]
    """(P,) which series a point belongs to, ascending."""
    times: NDArray[np.int64]
    """(P,) Unix seconds, ascending within a series."""
    values: NDArray[np.float64]
    """(P,) may be NaN or infinite."""
    warnings: Sequence[str] = ()

    @classmethod
    def of(
        cls,
        series: Iterable[tuple[Mapping[str, str], Sequence[tuple[int, float]]]],
        warnings: Sequence[str] = (),
    ) -> Self:
        """An answer from series, each its labels and its (time, value) pairs."""
        given = list(series)
        points = [point for _, pairs in given for point in pairs]
        return cls(
            labels=[labels for labels, _ in given],
            series=np.repeat(np.arange(len(given)), [len(pairs) for _, pairs in given]),
            times=np.array([time for time, _ in points], dtype=np.int64),
            values=np.array([value for _, value in points], dtype=np.float64),
            warnings=warnings,
        )
