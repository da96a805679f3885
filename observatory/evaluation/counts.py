"""Reading the table of window sums: aligned with the SLOs that are evaluated, nothing seen counted as zero."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from observatory.catalog.durations import duration_text
from observatory.errors import DefinitionError
from observatory.evaluation.promises import Promises
from observatory.measurement import FIELDS

Floats = NDArray[np.float64]


class Counts:
    """The sums of N SLOs over every window.

    An SLO without a row, and a cell that is NaN, were not seen: zero events in zero seconds.
    """

    def __init__(self, sums: pd.DataFrame, promises: Promises) -> None:
        self._values = np.nan_to_num(sums.reindex(promises.index).to_numpy(dtype=np.float64))
        columns: Iterable[Any] = sums.columns
        self._position = {column: position for position, column in enumerate(columns)}
        self._promises = promises

    def require(self, windows: Iterable[str]) -> None:
        """Check that every window was summed.

        Raises:
            DefinitionError: some are missing; all of them are named.
        """
        missing = [
            window for window in windows if any((window, field) not in self._position for field in FIELDS)
        ]
        if missing:
            raise DefinitionError(
                f"window sums lack {', '.join(missing)}; sum every window of windows_for(entries), with the fields "
                f"{', '.join(FIELDS)}"
            )

    def over(self, window: str, field: str) -> Floats:
        """(N,) one field over one window."""
        return np.asarray(self._values[:, self._position[window, field]])

    def over_own(self, field: str) -> Floats:
        """(N,) one field over each row's own budget window."""
        return self._over_each([promise.label for promise in self._promises.distinct], field)

    def over_usual(self, field: str) -> Floats:
        """(N,) one field over the rolling window that says what usually comes in each row's own."""
        return self._over_each([duration_text(promise.usual) for promise in self._promises.distinct], field)

    def _over_each(self, windows: Iterable[str], field: str) -> Floats:
        positions = [self._position[window, field] for window in windows]
        columns = np.array(positions, dtype=np.intp)[self._promises.of]
        return np.asarray(self._values[np.arange(len(columns)), columns])
