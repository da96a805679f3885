"""The hours of a few columns for longer than any window reaches: what is held against its own past."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from observatory.measurement.buckets import FIELDS, Buckets
from observatory.measurement.history import HOUR
from observatory.measurement.levels import Level


class Hours:
    """The newest hours, as many as a length has; others' columns take no room."""

    def __init__(self, length: timedelta) -> None:
        """With no columns yet."""
        self.length = length
        # An hour more for the one that is under way, and one for where the length begins.
        self._level = Level(seconds=HOUR, rows=int(length.total_seconds()) // HOUR + 2, origin=0)
        self._columns: dict[str, int] = {}

    @property
    def slos(self) -> tuple[str, ...]:
        """Whose they are."""
        return tuple(self._columns)

    @property
    def nbytes(self) -> int:
        """Memory of the tables."""
        return self._level.nbytes

    def track(self, slos: Iterable[str]) -> None:
        """Hold exactly these columns: new ones are empty, others are forgotten."""
        wanted = list(slos)
        self._level.arrange(np.array([self._columns.get(slo, -1) for slo in wanted], dtype=np.intp))
        self._columns = {slo: column for column, slo in enumerate(wanted)}

    def put(self, hours: Buckets) -> None:
        """Take what these hours say of the columns that are held."""
        mine = [place for place, slo in enumerate(hours.slos) if slo in self._columns]
        if not mine or not len(hours.ends):
            return
        self._level.advance(int(hours.ends[-1]))
        slos = tuple(hours.slos[place] for place in mine)
        fields = {name: getattr(hours, name)[:, mine] for name in FIELDS}
        self._level.put(Buckets(HOUR, hours.ends, slos, **fields), self._places(slos))

    def held(self, slos: Sequence[str], *, ends: NDArray[np.int64]) -> Buckets:
        """What is known of these columns in the hours with these ends; 0 where nothing is held."""
        fields = {name: self._level.cells(name, self._places(slos), ends) for name in FIELDS}
        return Buckets(seconds=HOUR, ends=ends, slos=tuple(slos), **fields)

    def _places(self, slos: Sequence[str]) -> NDArray[np.intp]:
        return np.array([self._columns.get(slo, -1) for slo in slos], dtype=np.intp)
