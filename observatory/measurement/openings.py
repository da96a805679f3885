"""Calendar windows that begin within an hour (at UTC+5:30, say): what lies between there and the next full hour.

The past is held by the hour, so this one piece of it is held besides, however old it grows.
"""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from observatory.measurement.buckets import Buckets
from observatory.measurement.levels import Level
from observatory.measurement.rollup import roll_up, rows


class Openings:
    """One bucket for each beginning: it ends at the next full hour, and is as long as it is far from there."""

    def __init__(self) -> None:
        self._levels: dict[int, Level] = {}
        """By the beginning, Unix seconds: a level of a single row."""

    @property
    def nbytes(self) -> int:
        """Memory of the tables."""
        return sum(level.nbytes for level in self._levels.values())

    def at(self, start: int) -> Level | None:
        """The bucket that begins here, if it is held."""
        return self._levels.get(start)

    def hold(self, starts: Iterable[int], *, hour: Level, slos: int) -> Iterator[tuple[int, Level]]:
        """Hold the pieces that begin here and no others; those that are new are empty, and are given back."""
        wanted = {start: hour.ceil(start) for start in starts if hour.ceil(start) != start}
        kept = {start: level for start, level in self._levels.items() if start in wanted}
        for start, end in wanted.items():
            if start not in kept:
                kept[start] = level = Level(seconds=end - start, rows=1, origin=end)
                level.arrange(np.full(slos, -1, dtype=np.intp))
                level.advance(end)
        new = [item for item in kept.items() if item[0] not in self._levels]
        self._levels = kept
        return iter(new)

    def arrange(self, source: NDArray[np.intp]) -> None:
        """Lay out the columns anew (`Level.arrange`)."""
        for level in self._levels.values():
            level.arrange(source)

    def take(self, buckets: Buckets, fine: Level, columns: NDArray[np.intp]) -> None:
        """Sum anew the pieces that these buckets of the length of `fine` are part of.

        From what `fine` holds; where it holds them no more, from the buckets, if all of a piece are here.
        """
        for start, level in self._levels.items():
            inside = (buckets.ends > start) & (buckets.ends <= start + level.seconds)
            if inside.any() and divides(fine, level, start):
                level.put(roll_up(rows(buckets, inside), fine, level, columns), columns)


def divides(fine: Level, opening: Level, start: int) -> bool:
    """Whether a piece is made of whole buckets of a level."""
    return opening.seconds % fine.seconds == 0 and fine.floor(start) == start
